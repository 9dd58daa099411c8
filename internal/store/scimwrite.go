package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// scimEdit is one write of a resource within its transaction.
type scimEdit struct {
	tx *Tx
	w  ScimWrite
	// at is the time of the push in microseconds.
	at int64
	// alone is what the inbox has to know of the request's own resource, where
	// that is at hand.
	alone *queued
	// joined is whether groups had been waiting for the resource.
	joined bool
	// affected are the resources that a target may hold differently now.
	affected map[int64]bool
}

func newScimEdit(tx *Tx, w ScimWrite) *scimEdit {
	return &scimEdit{tx: tx, w: w, at: micros(w.Log.At), affected: map[int64]bool{}}
}

// shownAt is at as a resource shows it: to the millisecond, so that a filter by
// the time that was shown finds it.
func (e *scimEdit) shownAt() int64 { return e.at / 1000 * 1000 }

// pushed reports whether resources of the type go to the targets.
func (e *scimEdit) pushed() bool { return e.w.Type.Name == "User" || e.w.Type.Name == "Group" }

// CreateScim stores a new resource with its members. A unique value that
// another resource has is a *ScimConflictError; members that nobody knows are a
// *ScimUnknownMembersError in a strict write.
func (s *Store) CreateScim(ctx context.Context, w ScimWrite, document scim.Resource, members []scim.Member) (ScimChanged, error) {
	row, err := newScimRow(w.Type, document)
	if err != nil {
		return ScimChanged{}, err
	}
	scimID := newScimID(w.Log.At)
	var changed ScimChanged
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		changed = ScimChanged{}
		e := newScimEdit(tx, w)
		resource, err := e.insert(ctx, scimID, row)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			if _, err := e.changeMembers(ctx, resource.ID, []scim.MemberChange{{Add: members}}); err != nil {
				return err
			}
		}
		if err := e.resolveWaiting(ctx, resource.ID, scimID, append(row.names(w.Type), scimID), row.externalID); err != nil {
			return err
		}
		if !e.joined {
			resource.Groups = []ScimMember{}
		}
		changed, err = e.finish(ctx, resource, true, true)
		return err
	})
	if err == nil {
		s.grew()
	}
	return changed, asScimConflict(w.Type, err)
}

// ChangeScim changes a resource. The function sees it as it is while nobody else
// can change it, and may be called again when the database asks for the
// transaction again; its error is returned as it is. ErrNotFound when there is
// no such resource; the other errors are those of CreateScim.
func (s *Store) ChangeScim(ctx context.Context, w ScimWrite, scimID string, change func(current ScimResource) (ScimEdit, error)) (ScimChanged, error) {
	var changed ScimChanged
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		changed = ScimChanged{}
		e := newScimEdit(tx, w)
		current, keys, err := e.lock(ctx, scimID, tx.forNoKeyUpdate())
		if err != nil {
			return err
		}
		edit, err := change(current)
		if err != nil {
			return err
		}
		changed, err = e.apply(ctx, current, keys, edit)
		return err
	})
	return changed, asScimConflict(w.Type, err)
}

// apply writes what an edit makes different.
func (e *scimEdit) apply(ctx context.Context, current ScimResource, keys scimKeys, edit ScimEdit) (ScimChanged, error) {
	membersChanged, err := e.changeMembers(ctx, current.ID, edit.Members)
	if err != nil {
		return ScimChanged{}, err
	}
	var row scimRow
	documentChanged := false
	if edit.Document != nil {
		if row, err = newScimRow(e.w.Type, edit.Document); err != nil {
			return ScimChanged{}, err
		}
		documentChanged = !bytes.Equal(row.document, current.Document)
	}
	if !documentChanged && !membersChanged {
		return e.finish(ctx, current, false, false)
	}
	next := current
	next.Version, next.Changed = current.Version+1, fromMicros(e.shownAt())
	switch {
	case !documentChanged:
		_, err = e.tx.execKeyed(ctx, `UPDATE scim_resources SET version = ?, modified_at = ? WHERE id = ?`, next.Version, e.shownAt(), current.ID)
	case keys == row.scimKeys:
		next.Document = row.document
		_, err = e.tx.execKeyed(ctx, `UPDATE scim_resources SET document = ?, display = ?, display_key = ?, active = ?, version = ?, modified_at = ? WHERE id = ?`,
			string(row.document), row.display, row.displayKey, row.active, next.Version, e.shownAt(), current.ID)
	default:
		next.Document = row.document
		if err := e.freeName(ctx, row, current.ID); err != nil {
			return ScimChanged{}, err
		}
		_, err = e.tx.execKeyed(ctx, `UPDATE scim_resources SET document = ?, display = ?, display_key = ?, active = ?, version = ?, modified_at = ?,
			external_id = ?, name_key = ? WHERE id = ?`,
			string(row.document), row.display, row.displayKey, row.active, next.Version, e.shownAt(), row.externalID, row.nameColumn(), current.ID)
	}
	if err != nil {
		return ScimChanged{}, fmt.Errorf("write resource %d: %w", current.ID, err)
	}
	if documentChanged {
		e.alone = e.toQueue(current.ScimID, row.active)
		if err := e.changeValues(ctx, current.ID, row.values); err != nil {
			return ScimChanged{}, err
		}
	}
	if documentChanged && keys != row.scimKeys {
		if err := e.resolveWaiting(ctx, current.ID, current.ScimID, row.names(e.w.Type), row.externalID); err != nil {
			return ScimChanged{}, err
		}
		if e.joined {
			next.Groups = nil
		}
	}
	return e.finish(ctx, next, true, documentChanged)
}

// DeleteScim deletes a resource: of it stays that there was one, until that is
// known in every target. The function sees it first and may refuse by an error.
// ErrNotFound when there is no such resource.
func (s *Store) DeleteScim(ctx context.Context, w ScimWrite, scimID string, check func(current ScimResource) error) (ScimChanged, error) {
	var changed ScimChanged
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		changed = ScimChanged{}
		e := newScimEdit(tx, w)
		// Groups are locked before their members everywhere, lest two writes wait
		// for each other.
		if err := e.lockGroupsOf(ctx, scimID); err != nil {
			return err
		}
		current, _, err := e.lock(ctx, scimID, tx.forUpdate())
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(current); err != nil {
				return err
			}
		}
		if err := e.bury(ctx, current); err != nil {
			return err
		}
		current.Version, current.Changed, current.Document = current.Version+1, fromMicros(e.shownAt()), nil
		changed, err = e.finish(ctx, current, true, true)
		return err
	})
	return changed, err
}

// bury makes a tombstone of a resource. Its externalId stays: a source that is
// asked about the person knows no other name.
func (e *scimEdit) bury(ctx context.Context, current ScimResource) error {
	groups, err := e.ids(ctx, `DELETE FROM scim_members WHERE member_id = ? RETURNING group_id`, current.ID)
	if err != nil {
		return fmt.Errorf("remove memberships of resource %d: %w", current.ID, err)
	}
	if err := e.raiseVersions(ctx, groups); err != nil {
		return err
	}
	if e.w.Type.Members {
		members, err := e.ids(ctx, `DELETE FROM scim_members WHERE group_id = ? RETURNING member_id`, current.ID)
		if err != nil {
			return fmt.Errorf("remove members of resource %d: %w", current.ID, err)
		}
		e.affect(members)
	}
	if _, err := e.tx.execKeyed(ctx, `DELETE FROM scim_values WHERE resource_id = ?`, current.ID); err != nil {
		return fmt.Errorf("remove values of resource %d: %w", current.ID, err)
	}
	if _, err := e.tx.execKeyed(ctx, `UPDATE scim_resources SET deleted_at = ?, modified_at = ?, version = version + 1, document = '',
		name_key = NULL, display = '', display_key = '' WHERE id = ?`, e.at, e.shownAt(), current.ID); err != nil {
		return fmt.Errorf("delete resource %d: %w", current.ID, err)
	}
	return e.count(ctx, current.ID, current.ScimID, -1)
}

// lock reads a resource and keeps others from changing it.
func (e *scimEdit) lock(ctx context.Context, scimID, how string) (ScimResource, scimKeys, error) {
	r := ScimResource{ScimID: scimID, Type: e.w.Type.Name}
	var keys scimKeys
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var created, modified int64
		var inGroups bool
		if err := rows.Scan(&r.ID, &r.Version, &created, &modified, &r.Document, &keys.externalID, &keys.name, &keys.named, &inGroups); err != nil {
			return err
		}
		if !inGroups {
			r.Groups = []ScimMember{} // so that nobody need look again
		}
		r.Created, r.Changed = fromMicros(created), fromMicros(modified)
		return nil
	}, `SELECT id, version, created_at, modified_at, document, external_id, COALESCE(name_key, ''), name_key IS NOT NULL,
			EXISTS (SELECT 1 FROM scim_members m WHERE m.member_id = scim_resources.id) FROM scim_resources
		WHERE connection_id = ? AND scim_id = ? AND type = ? AND deleted_at = 0`+how, e.w.ConnectionID, storable(scimID), e.w.Type.Name)
	if err != nil {
		return r, keys, fmt.Errorf("read resource: %w", err)
	}
	if r.ID == 0 {
		return r, keys, ErrNotFound
	}
	return r, keys, nil
}

// finish enqueues what the targets have to learn and writes the log.
func (e *scimEdit) finish(ctx context.Context, r ScimResource, changed, own bool) (ScimChanged, error) {
	if own && e.pushed() {
		e.affected[r.ID] = true
	}
	shards, at, err := e.enqueue(ctx, r.ID)
	if err != nil {
		return ScimChanged{}, err
	}
	objects := []int64{r.ID}
	for id := range e.affected {
		if id != r.ID {
			objects = append(objects, id)
		}
	}
	slices.Sort(objects[1:])
	if err := e.log(ctx, at, objects); err != nil {
		return ScimChanged{}, err
	}
	return ScimChanged{Resource: r, Changed: changed, Shards: shards}, nil
}

// ids reads a column of ids and leaves out 0.
func (e *scimEdit) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	var ids []int64
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if id != 0 {
			ids = append(ids, id)
		}
		return nil
	}, query, args...)
	return ids, err
}

func (e *scimEdit) affect(ids []int64) {
	for _, id := range ids {
		e.affected[id] = true
	}
}
