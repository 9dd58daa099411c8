package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Pushed is a resource as it was pushed.
type Pushed struct {
	ID     int64  `db:"id"`
	ScimID string `db:"scim_id"`
	// Type is "User" or "Group".
	Type       string `db:"type"`
	ExternalID string `db:"external_id"`
	// Name is the folded userName or displayName, empty for what is deleted.
	Name string `db:"name_key"`
	// Display is how a group is called.
	Display string `db:"display"`
	Active  bool   `db:"active"`
	// Document is the JSON of a scim.Resource; empty for what is deleted.
	Document   string `db:"document"`
	ModifiedAt int64  `db:"modified_at"`
	DeletedAt  int64  `db:"deleted_at"`
}

// Deleted reports whether the resource was deleted.
func (p Pushed) Deleted() bool { return p.DeletedAt != 0 }

const pushedColumns = `SELECT id, scim_id, type, external_id, COALESCE(name_key, '') AS name_key, display, active, document, modified_at, deleted_at FROM scim_resources `

// Mapping turns pushed resources into what the rules look at.
type Mapping struct {
	User  func(Pushed) (directory.User, error)
	Group func(Pushed) (directory.Group, error)
}

// Pulled says which subjects pushed resources became.
type Pulled struct {
	// Users and Groups are surrogate ids by resource. One that was deleted
	// before it was ever taken over has none.
	Users, Groups map[int64]int64
	// Moved is whether groups moved into or out of others, so that the people in
	// them became due.
	Moved bool
}

// Pull takes pushed resources over into users, groups and memberships, each as
// it is at this moment. The memberships of a user are just those that were
// pushed to groups that exist, and to groups that those are in; a group's row is
// made for the first of them. Users that changed are to be decided. When a group
// was put into another one, or taken out, the people in it become due.
func (s *Store) Pull(ctx context.Context, c Claim, resourceIDs []int64, mapping Mapping, now time.Time) (Pulled, error) {
	var pulled Pulled
	if len(resourceIDs) == 0 {
		return pulled, nil
	}
	resourceIDs = slices.Sorted(slices.Values(resourceIDs))
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		p := pulling{tx: tx, connectionID: c.ConnectionID, mapping: mapping, now: now}
		var err error
		pulled, err = p.pull(ctx, resourceIDs)
		return err
	})
	return pulled, err
}

// pulling is one Pull, in its transaction.
type pulling struct {
	tx           *Tx
	connectionID int64
	mapping      Mapping
	now          time.Time
}

func (p pulling) pull(ctx context.Context, resourceIDs []int64) (Pulled, error) {
	pulled := Pulled{Users: map[int64]int64{}, Groups: map[int64]int64{}}
	query, args, err := in(pushedColumns+`WHERE id IN (?) ORDER BY id`+p.tx.forShare(), padded(resourceIDs))
	if err != nil {
		return pulled, err
	}
	var resources []Pushed
	if err := p.tx.selectAll(ctx, &resources, query, args...); err != nil {
		return pulled, fmt.Errorf("read what was pushed: %w", err)
	}
	var users, groups []Pushed
	for _, r := range resources {
		switch r.Type {
		case "User":
			users = append(users, r)
		case "Group":
			groups = append(groups, r)
		}
	}
	if pulled.Groups, err = p.groups(ctx, groups); err != nil {
		return pulled, err
	}
	if pulled.Moved, err = p.renest(ctx, groups); err != nil {
		return pulled, err
	}
	changed := map[int64]bool{}
	if pulled.Users, err = p.users(ctx, users, changed); err != nil {
		return pulled, err
	}
	if err := p.memberships(ctx, pulled.Users, changed); err != nil {
		return pulled, err
	}
	if err := markPulled(ctx, p.tx, sortedKeys(changed)); err != nil {
		return pulled, err
	}
	return pulled, nil
}

// markPulled makes users be decided, and any decision outdated that was made
// about what they were before.
func markPulled(ctx context.Context, tx *Tx, users []int64) error {
	if err := eachChunk(ctx, tx, users, `UPDATE users SET dirty = TRUE, pulled = pulled + 1 WHERE id IN (?)`); err != nil {
		return fmt.Errorf("mark users to be decided: %w", err)
	}
	return nil
}

// users stores pushed users and returns their surrogate ids by resource.
func (p pulling) users(ctx context.Context, resources []Pushed, changed map[int64]bool) (map[int64]int64, error) {
	ids := make(map[int64]int64, len(resources))
	if len(resources) == 0 {
		return ids, nil
	}
	known, err := p.knownUsers(ctx, resources)
	if err != nil {
		return nil, err
	}
	for _, r := range resources {
		k, ok := known[r.ScimID]
		if r.Deleted() {
			if !ok {
				continue // nobody ever heard of them
			}
			ids[r.ID] = k.ID
			if k.Presence == string(directory.Gone) {
				continue
			}
			if _, err := p.tx.exec(ctx, `UPDATE users SET presence = 'gone', read_at = ? WHERE id = ?`, micros(p.now), k.ID); err != nil {
				return nil, fmt.Errorf("mark user %d as deleted: %w", k.ID, err)
			}
			changed[k.ID] = true
			continue
		}
		u, err := p.mapping.User(r)
		if err != nil {
			return nil, fmt.Errorf("read pushed user %d: %w", r.ID, err)
		}
		if !ok {
			if err := p.comeBack(ctx, "users", "email_key", r.ScimID, strings.ToLower(strings.TrimSpace(u.Email))); err != nil {
				return nil, err
			}
		}
		if ok && k.Fingerprint == userFingerprint(u) && k.Presence == string(directory.Present) {
			ids[r.ID] = k.ID
			continue
		}
		id, err := p.storeUser(ctx, u)
		if err != nil {
			return nil, err
		}
		ids[r.ID], changed[id] = id, true
	}
	return ids, nil
}

func (p pulling) knownUsers(ctx context.Context, resources []Pushed) (map[string]storedUser, error) {
	query, args, err := in(`SELECT id, source_id, fingerprint, presence, read_at FROM users WHERE connection_id = ? AND source_id IN (?) ORDER BY id`+p.tx.forNoKeyUpdate(),
		p.connectionID, scimIDs(resources))
	if err != nil {
		return nil, err
	}
	var found []storedUser
	if err := p.tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read known users: %w", err)
	}
	known := make(map[string]storedUser, len(found))
	for _, u := range found {
		known[u.SourceID] = u
	}
	return known, nil
}

func scimIDs(resources []Pushed) []string {
	ids := make([]string, len(resources))
	for i, r := range resources {
		ids[i] = r.ScimID
	}
	return ids
}

// comeBack gives the subject of a deleted resource to a new one of the same
// address or name, if there is just one: a client that deletes somebody and
// makes them anew later means the same account.
func (p pulling) comeBack(ctx context.Context, table, column, scimID, key string) error {
	if key == "" {
		return nil
	}
	// The other may be known as deleted only to its own shard, which has not come to it yet.
	if _, err := p.tx.exec(ctx, `UPDATE `+table+` SET source_id = ? WHERE connection_id = ? AND `+column+` = ?
		AND (presence = 'gone' OR EXISTS (SELECT 1 FROM scim_resources r WHERE r.connection_id = `+table+`.connection_id AND r.scim_id = `+table+`.source_id AND r.deleted_at <> 0))
		AND 1 = (SELECT COUNT(*) FROM `+table+` same WHERE same.connection_id = ? AND same.`+column+` = ? AND same.presence <> 'derived')`,
		scimID, p.connectionID, key, p.connectionID, key); err != nil {
		return fmt.Errorf("look for who was there before: %w", err)
	}
	return nil
}

// storeUser stores a user that is new or has changed, whatever is known of it:
// a push is newer than any page.
func (p pulling) storeUser(ctx context.Context, u directory.User) (int64, error) {
	attributes, err := WriteAttributes(u.Attributes)
	if err != nil {
		return 0, err
	}
	var id int64
	err = p.tx.get(ctx, &id, `INSERT INTO users (connection_id, source_id, status, assigned, login, email, email_key,
			first_name, last_name, display_name, attributes, fingerprint, last_updated, read_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, source_id) DO UPDATE SET status = excluded.status, assigned = excluded.assigned, presence = 'present',
			login = excluded.login, email = excluded.email, email_key = excluded.email_key, first_name = excluded.first_name,
			last_name = excluded.last_name, display_name = excluded.display_name, attributes = excluded.attributes, fingerprint = excluded.fingerprint,
			last_updated = excluded.last_updated, read_at = excluded.read_at
		RETURNING id`,
		p.connectionID, u.SourceID, string(u.Status), u.Assigned, u.Login, u.Email, strings.ToLower(strings.TrimSpace(u.Email)),
		u.FirstName, u.LastName, u.DisplayName, attributes, userFingerprint(u), micros(u.LastUpdated), micros(p.now))
	if err != nil {
		return 0, fmt.Errorf("store a pushed user: %w", err)
	}
	return id, nil
}
