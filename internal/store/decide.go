package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// DirtySubject is a stored user whose desired state must be decided.
type DirtySubject struct {
	ID int64
	// Pulled tells what was read here from what a push made of it later.
	Pulled int64
	directory.Subject
}

// Decision is what a target should hold for a user.
type Decision struct {
	UserID int64
	// Pulled is the DirtySubject's: a decision about what was there before a
	// push is not stored, as the push's own stands.
	Pulled int64
	directory.DesiredAccount
	// Ladder is that of the account's Reason; it says what becomes of State and
	// Strip. It is not looked at when there is no Reason.
	Ladder directory.Ladder
}

// SaveDecisions stores decided accounts for a target, and the memberships
// that follow from them. A row that changes gets a new version. A leaver gets
// the state that the ladder has come to by now; what a person has undone stays
// so as long as the rules say what they said then.
func (s *Store) SaveDecisions(ctx context.Context, c Claim, targetID int64, decisions []Decision, now time.Time) error {
	if len(decisions) == 0 {
		return nil
	}
	first, last := decisions[0].UserID, decisions[len(decisions)-1].UserID
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		current, err := notOvertaken(ctx, tx, c.ConnectionID, decisions)
		if err != nil {
			return err
		}
		// The ids between first and last that are dirty are just those decided here.
		d := deciding{tx: tx, targetID: targetID, now: now, users: userSet{`u.connection_id = ? AND u.dirty AND u.id BETWEEN ? AND ?`, []any{c.ConnectionID, first, last}}}
		return d.save(ctx, current)
	})
}

// notOvertaken leaves out the decisions about users that a push has changed
// since. What it returns is not the caller's.
func notOvertaken(ctx context.Context, tx *Tx, connectionID int64, decisions []Decision) ([]Decision, error) {
	pushed := map[int64]int64{}
	var rows []struct {
		ID     int64 `db:"id"`
		Pulled int64 `db:"pulled"`
	}
	if err := tx.selectAll(ctx, &rows, `SELECT id, pulled FROM users WHERE connection_id = ? AND dirty AND pulled > 0 AND id BETWEEN ? AND ? ORDER BY id`+tx.forShare(),
		connectionID, decisions[0].UserID, decisions[len(decisions)-1].UserID); err != nil {
		return nil, fmt.Errorf("look for pushes: %w", err)
	}
	if len(rows) == 0 {
		return slices.Clone(decisions), nil
	}
	for _, r := range rows {
		pushed[r.ID] = r.Pulled
	}
	current := make([]Decision, 0, len(decisions))
	for _, d := range decisions {
		if pushed[d.UserID] == d.Pulled {
			current = append(current, d)
		}
	}
	return current, nil
}

// userSet is a condition on the table of users, called u.
type userSet struct {
	condition string
	args      []any
}

// where puts the set into a statement that has %s for its condition: its
// values follow those of the statement that are given here.
func (u userSet) where(statement string, before ...any) (string, []any, error) {
	return in(strings.Replace(statement, "%s", u.condition, 1), append(slices.Clip(before), u.args...)...)
}

// deciding is the storing of decisions about some users for one target.
type deciding struct {
	tx       *Tx
	targetID int64
	now      time.Time
	users    userSet
}

// save changes the decisions that it is given.
func (d deciding) save(ctx context.Context, decisions []Decision) error {
	overrides, err := d.overrides(ctx)
	if err != nil {
		return err
	}
	if err := d.override(ctx, decisions, overrides); err != nil {
		return err
	}
	if err := d.climb(ctx, decisions); err != nil {
		return err
	}
	if err := upsertDesired(ctx, d.tx, d.targetID, decisions); err != nil {
		return err
	}
	if err := d.desireMemberships(ctx); err != nil {
		return err
	}
	return d.overrideMemberships(ctx, overrides)
}

// desiredAtOnce is how many desired accounts one statement writes: they have
// twice the columns of other rows (see rowsAtOnce).
const desiredAtOnce = rowsAtOnce / 2

func upsertDesired(ctx context.Context, tx *Tx, targetID int64, decisions []Decision) error {
	for chunk := range chunks(decisions, desiredAtOnce) {
		args := make([]any, 0, 12*len(chunk))
		for _, d := range chunk {
			attributes, err := WriteAttributes(d.Attributes)
			if err != nil {
				return err
			}
			args = append(args, targetID, d.UserID, string(d.State), string(d.Reason), d.Strip, d.UserName, d.Email, strings.ToLower(d.Email), d.DisplayName, attributes, d.Rule, string(d.Evidence))
		}
		if _, err := tx.exec(ctx, `INSERT INTO desired_accounts (target_id, user_id, state, reason, strip, user_name, email, email_key, display_name, attributes, rule, evidence)
			VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, user_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, strip = excluded.strip, user_name = excluded.user_name,
				email = excluded.email, email_key = excluded.email_key, display_name = excluded.display_name, attributes = excluded.attributes,
				rule = excluded.rule, evidence = excluded.evidence, version = desired_accounts.version + 1, sought_at = 0
			WHERE desired_accounts.state <> excluded.state OR desired_accounts.reason <> excluded.reason OR desired_accounts.strip <> excluded.strip
				OR desired_accounts.user_name <> excluded.user_name OR desired_accounts.email <> excluded.email OR desired_accounts.evidence <> excluded.evidence
				OR desired_accounts.display_name <> excluded.display_name OR desired_accounts.attributes <> excluded.attributes OR desired_accounts.rule <> excluded.rule`, args...); err != nil {
			return fmt.Errorf("store %d desired accounts: %w", len(chunk), err)
		}
	}
	return nil
}

// desireMemberships stores in which of a target's groups users belong: those
// that the groups they are in at the source lead to, and those that everybody
// is in. Whoever is leaving keeps what there was, and gets nothing new. To SQLite
// a CROSS JOIN says in which order to look.
func (d deciding) desireMemberships(ctx context.Context) error {
	nests, err := d.nests(ctx)
	if err != nil {
		return err
	}
	moved, nested := "", ""
	if nests {
		moved = ` OR ` + throughAnother("desired_memberships.target_id", "desired_memberships.group_id", "desired_memberships.user_id")
		nested = ` AND NOT ` + throughAnother("d.target_id", "r.into_id", "u.id")
	}
	for _, statement := range []string{
		`DELETE FROM desired_memberships WHERE target_id = ? AND user_id IN (SELECT u.id FROM users u WHERE %s)
			AND (EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = desired_memberships.target_id AND d.user_id = desired_memberships.user_id AND d.strip)
				OR NOT EXISTS (SELECT 1 FROM default_groups f WHERE f.target_id = desired_memberships.target_id AND f.group_id = desired_memberships.group_id)
					AND (NOT EXISTS (SELECT 1 FROM group_routes r JOIN memberships m ON m.group_id = r.group_id JOIN groups g ON g.id = m.group_id AND g.presence = 'present'
						WHERE r.target_id = desired_memberships.target_id AND r.into_id = desired_memberships.group_id AND m.user_id = desired_memberships.user_id AND NOT m.absent)` + moved + `))`,
		`INSERT INTO desired_memberships (target_id, group_id, user_id)
			SELECT d.target_id, r.into_id, m.user_id
			FROM users u
			CROSS JOIN desired_accounts d
			CROSS JOIN memberships m
			CROSS JOIN group_routes r
			CROSS JOIN groups g
			WHERE d.target_id = ? AND d.user_id = u.id AND m.user_id = u.id AND NOT m.absent
				AND r.target_id = d.target_id AND r.group_id = m.group_id AND g.id = m.group_id AND g.presence = 'present'
				AND %s AND NOT d.strip AND (d.state = 'active' OR u.presence = 'absent')` + nested + `
			ON CONFLICT DO NOTHING`,
		`INSERT INTO desired_memberships (target_id, group_id, user_id)
			SELECT d.target_id, f.group_id, u.id
			FROM default_groups f
			CROSS JOIN users u
			CROSS JOIN desired_accounts d
			WHERE f.target_id = ? AND d.target_id = f.target_id AND d.user_id = u.id AND %s AND d.state = 'active'
			ON CONFLICT DO NOTHING`,
	} {
		query, args, err := d.users.where(statement, d.targetID)
		if err != nil {
			return err
		}
		if _, err := d.tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("store desired memberships: %w", err)
		}
	}
	return nil
}

// nests reports whether groups of the target belong in others.
func (d deciding) nests(ctx context.Context) (bool, error) {
	var any bool
	if err := d.tx.get(ctx, &any, `SELECT EXISTS (SELECT 1 FROM desired_nestings WHERE target_id = ?)`, d.targetID); err != nil {
		return false, fmt.Errorf("look for groups in groups: %w", err)
	}
	return any, nil
}

// throughAnother is the condition that a user belongs in a group of a target
// through one that belongs in it, and not by themselves. It is so, too, where that
// one was taken out by an undo: nobody is put in one by one instead.
func throughAnother(target, group, user string) string {
	return `(` + through(target, group, user, "n.ruled AND NOT n.flat") + ` AND NOT ` + directly(target, group, user) + `)`
}

// directly is the condition that a user belongs in a group of a target by a
// group of the source that they are in themselves.
func directly(target, group, user string) string {
	return strings.NewReplacer("%target", target, "%group", group, "%user", user).Replace(`EXISTS (SELECT 1 FROM group_routes own
			JOIN memberships om ON om.group_id = own.group_id AND om.user_id = %user AND om.direct AND NOT om.absent
			JOIN groups og ON og.id = om.group_id AND og.presence = 'present'
			WHERE own.target_id = %target AND own.into_id = %group)`)
}
