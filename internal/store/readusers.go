package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// PageSaved says what a page of a list changed in the database.
type PageSaved struct {
	// IDs are the surrogate ids of what was on the page.
	IDs     []int64
	New     int
	Changed int
}

// clockGrain is how far apart two of the source's times must be for one to be
// known as the later: they are whole seconds, less what an answer took.
const clockGrain = 2 * time.Second

// overtaken says whether a row is known from a later question than a page's.
func overtaken(readAt int64, askedAt time.Time) bool {
	return readAt > micros(askedAt.Add(clockGrain))
}

type storedUser struct {
	ID          int64  `db:"id"`
	SourceID    string `db:"source_id"`
	Fingerprint string `db:"fingerprint"`
	Presence    string `db:"presence"`
	ReadAt      int64  `db:"read_at"`
	LastUpdated int64  `db:"last_updated"`
}

// newer says whether a user is known as of a later change than a page's: the
// page is from before, whenever it was asked for. A user who was looked for and
// not found may be back.
func (k storedUser) newer(u directory.User) bool {
	return k.Presence != string(directory.Gone) && !u.LastUpdated.IsZero() && k.LastUpdated > micros(u.LastUpdated)
}

// SaveUsers stores a page of users. Rows that did not change are not written,
// and none is overwritten that is known from a later question than the page's,
// or as of a later change.
func (s *Store) SaveUsers(ctx context.Context, c Claim, users []directory.User, askedAt time.Time) (PageSaved, error) {
	if len(users) == 0 {
		return PageSaved{}, nil
	}
	users = lastOfEach(users, func(u directory.User) string { return u.SourceID })
	known, err := s.usersBySource(ctx, c.ConnectionID, sourceIDs(users))
	if err != nil {
		return PageSaved{}, err
	}
	var saved PageSaved
	var changed []directory.User
	for _, u := range users {
		k, ok := known[u.SourceID]
		if ok && (k.Fingerprint == userFingerprint(u) && k.Presence == string(directory.Present) || overtaken(k.ReadAt, askedAt) || k.newer(u)) {
			saved.IDs = append(saved.IDs, k.ID)
			continue
		}
		changed = append(changed, u)
		if !ok {
			saved.New++
		} else {
			saved.Changed++
			saved.IDs = append(saved.IDs, k.ID)
		}
	}
	if len(changed) == 0 {
		return saved, nil
	}
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		return upsertUsers(ctx, tx, c.ConnectionID, changed, askedAt)
	})
	if err != nil || saved.New == 0 {
		return saved, err
	}
	// Those that were new have ids now, even if somebody else stored them meanwhile.
	stored, err := s.usersBySource(ctx, c.ConnectionID, sourceIDs(changed))
	if err != nil {
		return PageSaved{}, err
	}
	for sourceID, u := range stored {
		if _, ok := known[sourceID]; !ok {
			saved.IDs = append(saved.IDs, u.ID)
		}
	}
	return saved, nil
}

// lastOfEach keeps the last of those that have the same id: a list that shifts
// while it is read may repeat somebody, and one statement writes a row once.
func lastOfEach[T any](all []T, id func(T) string) []T {
	last := make(map[string]int, len(all))
	for i, one := range all {
		last[id(one)] = i
	}
	if len(last) == len(all) {
		return all
	}
	kept := make([]T, 0, len(last))
	for i, one := range all {
		if last[id(one)] == i {
			kept = append(kept, one)
		}
	}
	return kept
}

func upsertUsers(ctx context.Context, tx *Tx, connectionID int64, users []directory.User, askedAt time.Time) error {
	for chunk := range chunks(users, rowsAtOnce) {
		args := make([]any, 0, len(chunk)*14)
		for _, u := range chunk {
			attributes, err := WriteAttributes(u.Attributes)
			if err != nil {
				return err
			}
			args = append(args, connectionID, u.SourceID, string(u.Status), u.Assigned, u.Login, u.Email, strings.ToLower(strings.TrimSpace(u.Email)),
				u.FirstName, u.LastName, u.DisplayName, attributes, userFingerprint(u), micros(u.LastUpdated), micros(askedAt))
		}
		_, err := tx.exec(ctx, `INSERT INTO users (connection_id, source_id, status, assigned, login, email, email_key,
				first_name, last_name, display_name, attributes, fingerprint, last_updated, read_at)
			VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (connection_id, source_id) DO UPDATE SET status = excluded.status, assigned = excluded.assigned, presence = 'present',
				login = excluded.login, email = excluded.email, email_key = excluded.email_key, first_name = excluded.first_name,
				last_name = excluded.last_name, display_name = excluded.display_name, attributes = excluded.attributes, fingerprint = excluded.fingerprint,
				last_updated = excluded.last_updated, dirty = TRUE,
				read_at = CASE WHEN users.read_at > excluded.read_at THEN users.read_at ELSE excluded.read_at END
			WHERE users.read_at <= excluded.read_at + CAST(? AS BIGINT)
				AND (users.last_updated <= excluded.last_updated OR excluded.last_updated = 0 OR users.presence = 'gone')`, append(args, clockGrain.Microseconds())...)
		if err != nil {
			return fmt.Errorf("store %d users: %w", len(chunk), err)
		}
	}
	return nil
}

func (s *Store) usersBySource(ctx context.Context, connectionID int64, ids []string) (map[string]storedUser, error) {
	known := make(map[string]storedUser, len(ids))
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, source_id, fingerprint, presence, read_at, last_updated FROM users WHERE connection_id = ? AND source_id IN (?)`, connectionID, chunk)
		if err != nil {
			return nil, err
		}
		var found []storedUser
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read known users: %w", err)
		}
		for _, u := range found {
			known[u.SourceID] = u
		}
	}
	return known, nil
}

func sourceIDs(users []directory.User) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.SourceID
	}
	return ids
}

// userFingerprint covers what a rule may look at: the time of change alone is no change.
func userFingerprint(u directory.User) string {
	fields := []string{string(u.Status), fmt.Sprint(u.Assigned), u.Login, u.Email, u.FirstName, u.LastName, u.DisplayName}
	for _, name := range slices.Sorted(maps.Keys(u.Attributes)) {
		fields = append(fields, name, fmt.Sprintf("%#v", u.Attributes[name]))
	}
	return fingerprint(fields...)
}

func fingerprint(fields ...string) string {
	h := sha256.New()
	for _, f := range fields {
		h.Write([]byte(f))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// MarkAbsentUsers marks the users that a complete list, seen by this run, did
// not have, and returns how many this run has marked, also when asked again.
// Leavers are left out of the list by the provider and stay what they are.
func (s *Store) MarkAbsentUsers(ctx context.Context, c Claim) (int, error) {
	missing, err := s.notSeen(ctx, c, "users", `SELECT id FROM users WHERE connection_id = ? AND presence = 'present' AND assigned AND status <> 'deprovisioned' ORDER BY id`)
	if err != nil {
		return 0, err
	}
	return s.markMissing(ctx, c, "users", missing, func(ctx context.Context, tx *Tx) error {
		return eachChunk(ctx, tx, missing, `UPDATE users SET presence = 'absent', dirty = TRUE WHERE id IN (?) AND presence = 'present'`)
	})
}

// eachChunk runs a statement with one list of ids over as many ids as there are.
func eachChunk(ctx context.Context, tx *Tx, ids []int64, query string) error {
	for chunk := range chunks(ids, 1000) {
		expanded, args, err := in(query, chunk)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, expanded, args...); err != nil {
			return err
		}
	}
	return nil
}
