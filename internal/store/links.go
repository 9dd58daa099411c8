package store

import (
	"context"
	"iter"
	"strings"

	"github.com/jmoiron/sqlx"
)

// The states of a row of the list of links.
const (
	// LinkLinked is an account that is a person's.
	LinkLinked = "linked"
	// LinkMatched is a person without an account and the one account that the next
	// run would adopt.
	LinkMatched = "matched"
	// LinkAmbiguous is one of several accounts, or people, that it could be: a
	// person decides.
	LinkAmbiguous = "ambiguous"
	// LinkUnmatchedUser is a person for whom the next run would make an account.
	LinkUnmatchedUser = "unmatched-user"
	// LinkUnmatchedAccount is an account that nobody in the source has.
	LinkUnmatchedAccount = "unmatched-account"
)

// LinkFilter selects from the list of links.
type LinkFilter struct {
	// Connection is required; Target and State select by name, empty is all.
	Connection, Target, State string
	// ByUserName are the targets in which the next run looks for people by their
	// user name, and not by their e-mail address.
	ByUserName []string
}

// LinkRow says which account is whose, or could be.
type LinkRow struct {
	Target string `db:"target" json:"target"`
	State  string `db:"state" json:"state"`
	UserID int64  `db:"user_id" json:"user_id,omitempty"`
	User   string `db:"user_label" json:"user,omitempty"`
	// RemoteID is the account's id in the target, Account its display name and
	// Email its address, as they were last read.
	RemoteID string `db:"remote_id" json:"remote_id,omitempty"`
	Account  string `db:"account" json:"account,omitempty"`
	Email    string `db:"email" json:"email,omitempty"`
	Status   string `db:"status" json:"status,omitempty"`
	// Origin is "created" or "adopted", of a link.
	Origin string `db:"origin" json:"origin,omitempty"`
	// Why says what makes it ambiguous or keeps it unmatched.
	Why string `db:"why" json:"why,omitempty"`
}

// linkLists are, by state, the parts of the list. Each takes the connection and
// twice the target. Accounts are those of the last complete read of the target.
// A person is looked for as the next run does: by %words, of which {d}, {un} and
// {o} are the columns that are compared.
var linkLists = []struct{ state, sql string }{
	{LinkLinked, `SELECT t.name AS target, 'linked' AS state, a.user_id, COALESCE(NULLIF(u.email, ''), u.login) AS user_label, a.remote_id, a.display_name AS account, a.email, a.status, a.origin,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' WHEN NOT a.managed THEN 'unmanaged' ELSE '' END AS why
		FROM targets t JOIN accounts a ON a.target_id = t.id JOIN users u ON u.id = a.user_id
		WHERE t.connection_id = (SELECT id FROM connections WHERE name = ?) AND (? = '' OR t.name = ?) AND t.name %of ORDER BY t.id, a.user_id`},
	{LinkMatched, `SELECT t.name AS target, 'matched' AS state, d.user_id, COALESCE(NULLIF(u.email, ''), u.login) AS user_label, un.remote_id, un.display_name AS account, un.email, un.status, '' AS origin,
			'same %words' AS why` + linkCandidates + ` AND ` + oneToOne + ` ORDER BY t.id, d.user_id`},
	{LinkAmbiguous, `SELECT t.name AS target, 'ambiguous' AS state, d.user_id, COALESCE(NULLIF(u.email, ''), u.login) AS user_label, un.remote_id, un.display_name AS account, un.email, un.status, '' AS origin,
			CASE WHEN EXISTS (SELECT 1 FROM unlinks x WHERE x.target_id = d.target_id AND x.user_id = d.user_id) THEN 'a person took this link away'
				WHEN un.read_only THEN 'another system provisions this account'
				WHEN un.status = 'closed' THEN 'this account is closed'
				ELSE 'several have this %words' END AS why` + linkCandidates + ` AND NOT (` + oneToOne + `) ORDER BY t.id, d.user_id, un.remote_id`},
	{LinkUnmatchedUser, `SELECT t.name AS target, 'unmatched-user' AS state, d.user_id, COALESCE(NULLIF(u.email, ''), u.login) AS user_label, '' AS remote_id, '' AS account, d.email, '' AS status, '' AS origin,
			CASE WHEN {d} = '' THEN 'no %words'
				WHEN EXISTS (SELECT 1 FROM unlinks x WHERE x.target_id = d.target_id AND x.user_id = d.user_id) THEN 'a person took the link away'
				WHEN EXISTS (SELECT 1 FROM accounts o WHERE o.target_id = d.target_id AND {o} <> '' AND {o} = {d}) THEN 'the account with this %words is linked to somebody else'
				ELSE '' END AS why
		FROM targets t JOIN desired_accounts d ON d.target_id = t.id JOIN users u ON u.id = d.user_id
		WHERE t.connection_id = (SELECT id FROM connections WHERE name = ?) AND (? = '' OR t.name = ?) AND t.name %of AND d.state = 'active'
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = d.target_id AND a.user_id = d.user_id)
			AND NOT EXISTS (SELECT 1 FROM unlinked_accounts un WHERE un.target_id = d.target_id AND {un} = {d} AND {d} <> '')
		ORDER BY t.id, d.user_id`},
	{LinkUnmatchedAccount, `SELECT t.name AS target, 'unmatched-account' AS state, CAST(0 AS BIGINT) AS user_id, '' AS user_label, un.remote_id, un.display_name AS account, un.email, un.status, '' AS origin,
			CASE WHEN un.read_only THEN 'another system provisions this account' ELSE '' END AS why
		FROM targets t JOIN unlinked_accounts un ON un.target_id = t.id
		WHERE t.connection_id = (SELECT id FROM connections WHERE name = ?) AND (? = '' OR t.name = ?) AND t.name %of
			AND ({un} = '' OR NOT EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = un.target_id AND {d} = {un} AND d.state = 'active'
				AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = d.target_id AND a.user_id = d.user_id)))
		ORDER BY t.id, un.email_key, un.remote_id`},
}

// linkCandidates are the pairs of a person who is to have an account and an
// account that is nobody's, with what people are looked for by in common.
const linkCandidates = `
	FROM targets t JOIN desired_accounts d ON d.target_id = t.id AND {d} <> '' JOIN users u ON u.id = d.user_id
	JOIN unlinked_accounts un ON un.target_id = d.target_id AND {un} = {d}
	WHERE t.connection_id = (SELECT id FROM connections WHERE name = ?) AND (? = '' OR t.name = ?) AND t.name %of AND d.state = 'active'
		AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = d.target_id AND a.user_id = d.user_id)`

// oneToOne is whether a pair of linkCandidates is what the next run links.
const oneToOne = `NOT un.read_only AND un.status <> 'closed'
	AND NOT EXISTS (SELECT 1 FROM unlinks x WHERE x.target_id = d.target_id AND x.user_id = d.user_id)
	AND NOT EXISTS (SELECT 1 FROM unlinked_accounts o WHERE o.target_id = un.target_id AND {o} = {un} AND o.remote_id <> un.remote_id)
	AND NOT EXISTS (SELECT 1 FROM accounts o WHERE o.target_id = un.target_id AND {o} <> '' AND {o} = {un})
	AND NOT EXISTS (SELECT 1 FROM desired_accounts o WHERE o.target_id = d.target_id AND {o} = {d} AND o.user_id <> d.user_id AND o.state = 'active')`

// byAddress and byUserName write what people of a target are looked for by.
var (
	byAddress  = strings.NewReplacer("%words", "e-mail address", "%of", "NOT IN (?)", "{d}", "d.email_key", "{un}", "un.email_key", "{o}", "o.email_key")
	byUserName = strings.NewReplacer("%words", "user name", "%of", "IN (?)", "{d}", "LOWER(d.user_name)", "{un}", "LOWER(un.user_name)", "{o}", "LOWER(o.user_name)")
)

// Links streams which account is whose in a connection's targets, and who and
// what is without: linked ones first, then matched, ambiguous and unmatched.
// ErrNotFound when the connection, or a target that was named, is not known.
func (s *Store) Links(ctx context.Context, f LinkFilter) iter.Seq2[LinkRow, error] {
	return func(yield func(LinkRow, error) bool) {
		if err := s.KnownTarget(ctx, f.Connection, f.Target); err != nil {
			yield(LinkRow{}, err)
			return
		}
		// No target is without a name.
		named := append([]string{""}, f.ByUserName...)
		for _, list := range linkLists {
			if f.State != "" && f.State != list.state {
				continue
			}
			for _, by := range []*strings.Replacer{byAddress, byUserName} {
				if by == byUserName && len(f.ByUserName) == 0 {
					continue
				}
				query, args, err := in(by.Replace(list.sql), f.Connection, f.Target, f.Target, named)
				if err != nil {
					yield(LinkRow{}, err)
					return
				}
				for row, err := range stream(ctx, s, "read links", func(rows *sqlx.Rows, row *LinkRow) error { return rows.StructScan(row) }, query, args...) {
					if !yield(row, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// UnmanagedFilter selects accounts that nobody here is linked to.
type UnmanagedFilter struct {
	// Connection is required; an empty Target is all.
	Connection, Target string
}

// UnmanagedAccount is an account of a target that nobody here is linked to, as
// the target was last read. It is never touched.
type UnmanagedAccount struct {
	Target   string `db:"target" json:"target"`
	RemoteID string `db:"remote_id" json:"remote_id"`
	Email    string `db:"email" json:"email,omitempty"`
	UserName string `db:"user_name" json:"user_name,omitempty"`
	Name     string `db:"display_name" json:"display_name,omitempty"`
	Status   string `db:"status" json:"status"`
	// Managed is whether the target would let us write its attributes, ReadOnly
	// whether another system provisions it.
	Managed  bool `db:"managed" json:"managed"`
	ReadOnly bool `db:"read_only" json:"read_only,omitempty"`
}

// Unmanaged streams the accounts that nobody here is linked to. ErrNotFound
// when the connection, or a target that was named, is not known.
func (s *Store) Unmanaged(ctx context.Context, f UnmanagedFilter) iter.Seq2[UnmanagedAccount, error] {
	return func(yield func(UnmanagedAccount, error) bool) {
		if err := s.KnownTarget(ctx, f.Connection, f.Target); err != nil {
			yield(UnmanagedAccount{}, err)
			return
		}
		rows := stream(ctx, s, "read unmanaged accounts", func(rows *sqlx.Rows, row *UnmanagedAccount) error { return rows.StructScan(row) },
			`SELECT t.name AS target, un.remote_id, un.email, un.user_name, un.display_name, un.status, un.managed, un.read_only
				FROM targets t JOIN unlinked_accounts un ON un.target_id = t.id
				WHERE t.connection_id = (SELECT id FROM connections WHERE name = ?) AND (? = '' OR t.name = ?) ORDER BY t.id, un.email_key, un.remote_id`, f.Connection, f.Target, f.Target)
		for row, err := range rows {
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// KnownTarget fails with ErrNotFound when there is no such connection, or no
// such target in it; an empty target is any.
func (s *Store) KnownTarget(ctx context.Context, connection, target string) error {
	if _, err := s.ConnectionID(ctx, connection); err != nil {
		return err
	}
	if target == "" {
		return nil
	}
	_, err := s.targetOf(ctx, connection, target)
	return err
}
