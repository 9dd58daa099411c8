package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// StillThereError means that a person cannot be erased because the source has
// the person still: the next run would bring everything back.
type StillThereError struct {
	Connection string
	UserID     int64
}

func (e *StillThereError) Error() string {
	return fmt.Sprintf("the source of connection %s still has user %d: delete the person there first, run a sync, and erase then", e.Connection, e.UserID)
}

// Erased says what was erased of a person, and what is left elsewhere.
type Erased struct {
	UserID int64 `json:"user_id"`
	// Changes, Notes, Requests and Log count the records in which the person was
	// named; the records stay, without the name.
	Changes  int64 `json:"changes"`
	Notes    int64 `json:"notes"`
	Requests int64 `json:"requests"`
	Log      int64 `json:"scim_log"`
	// Accounts were linked to the person. They are left as they are in their targets.
	Accounts []LeftAccount `json:"accounts,omitempty"`
}

// LeftAccount is an account of a person who was erased.
type LeftAccount struct {
	Target   string `db:"target" json:"target"`
	RemoteID string `db:"remote_id" json:"remote_id"`
	Status   string `db:"status" json:"status"`
}

// erasing is one erasure.
type erasing struct {
	s            *Store
	connectionID int64
	userID       int64
	now          time.Time
	// person is what the person was called.
	person struct {
		SourceID    string `db:"source_id"`
		Presence    string `db:"presence"`
		Login       string `db:"login"`
		Email       string `db:"email"`
		EmailKey    string `db:"email_key"`
		FirstName   string `db:"first_name"`
		LastName    string `db:"last_name"`
		DisplayName string `db:"display_name"`
		ErasedAt    int64  `db:"erased_at"`
	}
	// resources are what was pushed of the person.
	resources []struct {
		ID         int64  `db:"id"`
		ScimID     string `db:"scim_id"`
		ExternalID string `db:"external_id"`
		DeletedAt  int64  `db:"deleted_at"`
	}
	// named are the rows, by table, in which the person is called by a name.
	named  map[string][]int64
	erased Erased
}

// Erase removes what is kept of a person: the profile, what was pushed, what
// changes and notes say of before, after and why, what rules made of it, and
// the links; the accounts in targets are left as they are. What stays says of
// an id alone what was done and when. It is recorded that this was done. It
// fails with ErrNotFound, *StillThereError while the source has the person, and
// *BusyError while a run changes the person.
func (s *Store) Erase(ctx context.Context, connection string, userID int64, who Who, now time.Time) (Erased, error) {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return Erased{}, err
	}
	e := erasing{s: s, connectionID: connectionID, userID: userID, now: now, erased: Erased{UserID: userID}}
	if err := e.find(ctx); err != nil {
		return Erased{}, err
	}
	there := e.person.Presence != string(directory.Gone)
	for _, r := range e.resources {
		there = there || r.DeletedAt == 0
	}
	if there {
		return Erased{}, &StillThereError{connection, userID}
	}
	// Records are looked through before anything is written: nobody waits for it.
	if err := e.findNames(ctx); err != nil {
		return Erased{}, err
	}
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		e.erased = Erased{UserID: userID}
		if err := e.erase(ctx, tx); err != nil {
			return err
		}
		return recordAction(ctx, tx, Action{ConnectionID: connectionID, What: "erase", UserID: userID}.by(who), now)
	})
	return e.erased, err
}

func (e *erasing) find(ctx context.Context) error {
	if err := e.s.get(ctx, &e.person, `SELECT source_id, presence, login, email, email_key, first_name, last_name, display_name, erased_at FROM users WHERE id = ? AND connection_id = ?`, e.userID, e.connectionID); err != nil {
		return fmt.Errorf("read user %d: %w", e.userID, notFound(err))
	}
	if err := e.s.selectAll(ctx, &e.resources, `SELECT id, scim_id, external_id, deleted_at FROM scim_resources WHERE connection_id = ? AND scim_id = ?`, e.connectionID, e.person.SourceID); err != nil {
		return fmt.Errorf("read what was pushed of user %d: %w", e.userID, err)
	}
	return nil
}

// names are the texts that mean this person and nobody else: a first name alone
// may be another's.
func (e *erasing) names() []string {
	names := []string{e.person.Email, e.person.EmailKey, e.person.Login, e.person.SourceID}
	for _, name := range []string{e.person.DisplayName, e.person.FirstName + " " + e.person.LastName} {
		if name = strings.TrimSpace(name); strings.Contains(name, " ") {
			names = append(names, name)
		}
	}
	for _, r := range e.resources {
		names = append(names, r.ScimID, r.ExternalID)
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	slices.Sort(names)
	// What is shorter would be found within other words.
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return len(name) < 4 })
}

// freeTexts are the columns in which somebody may be called by a name.
var freeTexts = []struct {
	table   string
	columns []string
	// empty is what is written in place.
	empty string
}{
	{"changes", []string{"before", "after", "detail"}, ""},
	{"notes", []string{"text"}, ""},
	{"requests", []string{"name"}, ""},
	{"scim_log", []string{"path", "summary", "detail"}, ""},
	{"actions", []string{"text"}, ""},
	{"runs", []string{"reason"}, ""},
	{"notifications", []string{"payload"}, "{}"},
}

func (e *erasing) findNames(ctx context.Context) error {
	e.named = map[string][]int64{}
	if e.person.ErasedAt != 0 {
		return nil // nobody knows the names any more
	}
	names := e.names()
	if len(names) == 0 {
		return nil
	}
	for _, of := range freeTexts {
		var matches []sqlPart
		for _, column := range of.columns {
			for _, name := range names {
				matches = append(matches, part(e.s.dialect.contains("LOWER("+column+")"), name))
			}
		}
		where := either(matches...)
		var ids []int64
		if err := e.s.selectAll(ctx, &ids, `SELECT id FROM `+of.table+` WHERE `+where.text+` ORDER BY id`, where.args...); err != nil {
			return fmt.Errorf("look through %s: %w", of.table, err)
		}
		e.named[of.table] = ids
	}
	return nil
}

func (e *erasing) erase(ctx context.Context, tx *Tx) error {
	var targets []targetRow
	if err := tx.selectAll(ctx, &targets, `SELECT id, connection_id, identity FROM targets WHERE connection_id = ? ORDER BY id`, e.connectionID); err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	for _, t := range targets {
		if e.person.ErasedAt != 0 {
			break // once more: what came up since
		}
		if err := lockUser(ctx, tx, t, e.userID, e.now); err != nil {
			return err
		}
	}
	if err := leaveOutOfRuns(ctx, tx, e.connectionID, e.userID); err != nil {
		return err
	}
	if err := tx.selectAll(ctx, &e.erased.Accounts, `SELECT t.name AS target, a.remote_id, a.status FROM targets t JOIN accounts a ON a.target_id = t.id WHERE t.connection_id = ? AND a.user_id = ? ORDER BY t.id`,
		e.connectionID, e.userID); err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	for _, t := range targets {
		if err := e.eraseTarget(ctx, tx, t.ID); err != nil {
			return err
		}
	}
	for _, step := range []func(ctx context.Context, tx *Tx) error{e.eraseRecords, e.erasePushed, e.eraseProfile} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// eraseTarget removes what a target should hold of the person, and was seen to.
func (e *erasing) eraseTarget(ctx context.Context, tx *Tx, targetID int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM unlinked_accounts WHERE target_id = ? AND (remote_id IN (SELECT remote_id FROM accounts a WHERE a.target_id = unlinked_accounts.target_id AND a.user_id = ?) OR email_key <> '' AND email_key = ?)`,
		targetID, e.userID, e.person.EmailKey); err != nil {
		return fmt.Errorf("erase unlinked accounts: %w", err)
	}
	for _, table := range []string{"target_memberships", "lost_memberships", "accounts", "desired_memberships", "desired_accounts", "leaver_groups", "leavers", "overrides", "seat_waits", "unlinks"} {
		if _, err := tx.exec(ctx, `DELETE FROM `+table+` WHERE target_id = ? AND user_id = ?`, targetID, e.userID); err != nil {
			return fmt.Errorf("erase from %s: %w", table, err)
		}
	}
	return nil
}

// eraseRecords takes the names out of what was recorded.
func (e *erasing) eraseRecords(ctx context.Context, tx *Tx) error {
	own, err := tx.exec(ctx, `UPDATE changes SET before = '', after = '', detail = '', remote_id = '' WHERE user_id = ? AND user_id <> 0`, e.userID)
	if err != nil {
		return fmt.Errorf("erase from changes: %w", err)
	}
	e.erased.Changes = own
	if e.erased.Notes, err = tx.exec(ctx, `UPDATE notes SET text = 'erased' WHERE user_id = ? AND user_id <> 0`, e.userID); err != nil {
		return fmt.Errorf("erase from notes: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE actions SET text = '' WHERE user_id = ? AND user_id <> 0 AND what IN ('link.set', 'link.remove')`, e.userID); err != nil {
		return fmt.Errorf("erase from actions: %w", err)
	}
	for _, of := range freeTexts {
		set := make([]string, len(of.columns))
		for i, column := range of.columns {
			set[i] = column + " = '" + of.empty + "'"
		}
		for chunk := range chunks(e.named[of.table], 1000) {
			query, args, err := in(`UPDATE `+of.table+` SET `+strings.Join(set, ", ")+` WHERE id IN (?)`, padded(chunk))
			if err != nil {
				return err
			}
			n, err := tx.exec(ctx, query, args...)
			if err != nil {
				return fmt.Errorf("erase from %s: %w", of.table, err)
			}
			switch of.table {
			case "requests":
				e.erased.Requests += n
			case "scim_log":
				e.erased.Log += n
			}
		}
	}
	return nil
}

// erasePushed takes what was pushed of the person out of the gateway's tables.
// The tombstone stays, under a name that says nothing.
func (e *erasing) erasePushed(ctx context.Context, tx *Tx) error {
	for i, r := range e.resources {
		touched := "," + strconv.FormatInt(r.ID, 10) + ","
		n, err := tx.exec(ctx, `UPDATE scim_log SET path = '', summary = '', detail = '' WHERE connection_id = ? AND summary <> '' AND `+tx.dialect.contains("objects"), e.connectionID, touched)
		if err != nil {
			return fmt.Errorf("erase from the log of requests: %w", err)
		}
		e.erased.Log += n
		for _, statement := range []struct {
			sql  string
			args []any
		}{
			{`DELETE FROM scim_values WHERE resource_id = ?`, []any{r.ID}},
			{`DELETE FROM scim_members WHERE member_id = ? AND member_id <> 0`, []any{r.ID}},
			{`DELETE FROM scim_members WHERE member_id = 0 AND member IN (?, ?, ?, ?) AND group_id IN (SELECT g.id FROM scim_resources g WHERE g.connection_id = ? AND g.type = 'Group')`,
				[]any{r.ScimID, r.ExternalID, e.person.Login, e.person.Email, e.connectionID}},
			{`DELETE FROM inbox WHERE resource_id = ?`, []any{r.ID}},
			{`UPDATE scim_resources SET scim_id = ?, external_id = '', name_key = NULL, display = '', display_key = '', document = '' WHERE id = ?`, []any{fmt.Sprintf("erased:%d.%d", e.userID, i), r.ID}},
		} {
			if _, err := tx.exec(ctx, statement.sql, statement.args...); err != nil {
				return fmt.Errorf("erase what was pushed: %w", err)
			}
		}
	}
	return nil
}

func (e *erasing) eraseProfile(ctx context.Context, tx *Tx) error {
	if _, err := tx.exec(ctx, `DELETE FROM memberships WHERE user_id = ?`, e.userID); err != nil {
		return fmt.Errorf("erase memberships: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE users SET source_id = ?, status = 'deprovisioned', assigned = FALSE, presence = 'gone', login = '', email = '', email_key = '', first_name = '', last_name = '',
		display_name = '', attributes = '', fingerprint = '', dirty = FALSE, erased_at = ? WHERE id = ?`, fmt.Sprintf("erased:%d", e.userID), micros(e.now), e.userID); err != nil {
		return fmt.Errorf("erase profile: %w", err)
	}
	return nil
}
