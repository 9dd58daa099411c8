package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// LogScim records requests that changed nothing: refusals and reads.
func (s *Store) LogScim(ctx context.Context, requests []ScimRequest) error {
	if len(requests) == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		for _, r := range requests {
			if err := insertScimLog(ctx, tx, r, r.ConnectionID, micros(r.At), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// scimLogRow is an entry with the row ids of its objects.
type scimLogRow struct {
	ScimLogEntry
	at      int64
	objects []int64
}

// ScimLog reads the requests of a connection with what became of each of the
// objects they changed: the newest first, or, after an id, the oldest first.
// ErrNotFound when the connection is not known.
func (s *Store) ScimLog(ctx context.Context, connection string, f ScimLogFilter) ([]ScimLogEntry, error) {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return nil, err
	}
	rows, err := s.scimLogRows(ctx, connectionID, f)
	if err != nil {
		return nil, err
	}
	known, err := s.scimSubjects(ctx, connectionID, rows)
	if err != nil {
		return nil, err
	}
	entries := make([]ScimLogEntry, len(rows))
	for i, row := range rows {
		for _, id := range row.objects {
			subject, ok := known[id]
			if !ok {
				continue // it is gone, and with it everything that was said of it
			}
			object := ScimLogObject{ScimID: subject.scimID, Type: subject.kind, Label: subject.label()}
			if subject.pending != nil && subject.version >= row.at {
				object.Pending = subject.pending
			} else if taken, ok, err := s.scimTaken(ctx, connectionID, id, subject, row.at); err != nil {
				return nil, err
			} else if ok {
				object.Run, object.Done, object.Changes, object.Notes = taken.Run, taken.Done, taken.Changes, taken.Notes
			}
			row.Objects = append(row.Objects, object)
		}
		entries[i] = row.ScimLogEntry
	}
	return entries, nil
}

func (s *Store) scimLogRows(ctx context.Context, connectionID int64, f ScimLogFilter) ([]scimLogRow, error) {
	where := part("connection_id = ?", connectionID)
	if f.After > 0 {
		where = where.and(part("id > ?", f.After))
	}
	if !f.Since.IsZero() {
		where = where.and(part("at >= ?", micros(f.Since)))
	}
	if f.Refused {
		where = where.and(part("status >= 400"))
	}
	if f.Object != "" {
		ids, err := s.scimObjects(ctx, connectionID, "", f.Object)
		if err != nil {
			return nil, err
		}
		touched := make([]sqlPart, 0, len(ids))
		for _, id := range ids {
			touched = append(touched, part(s.dialect.contains("objects"), ","+strconv.FormatInt(id, 10)+","))
		}
		where = where.and(either(touched...))
	}
	order := " ORDER BY id DESC LIMIT CAST(? AS BIGINT)"
	if f.After > 0 {
		order = " ORDER BY id LIMIT CAST(? AS BIGINT)"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	var entries []scimLogRow
	err := s.eachOf(ctx, false, func(rows *sqlx.Rows) error {
		var e scimLogRow
		var took int64
		var objects string
		if err := rows.Scan(&e.ID, &e.at, &e.Token, &e.Client, &e.Address, &e.RequestID, &e.Method, &e.Path, &e.Status, &took, &objects, &e.Summary, &e.Detail); err != nil {
			return err
		}
		e.At, e.Took = fromMicros(e.at), time.Duration(took)*time.Microsecond
		for _, id := range strings.FieldsFunc(objects, func(r rune) bool { return r == ',' }) {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return err
			}
			e.objects = append(e.objects, n)
		}
		entries = append(entries, e)
		return nil
	}, `SELECT id, at, token, client, address, request_id, method, path, status, took, objects, summary, detail FROM scim_log WHERE `+where.text+order, append(where.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read log of requests: %w", err)
	}
	return entries, nil
}

// scimSubject is an object of the log as it is now.
type scimSubject struct {
	scimID     string
	kind       string
	externalID string
	document   []byte
	deleted    bool
	// pending is nil when there is nothing to do, version the push's that is pending.
	pending *ScimPending
	version int64
}

// label is how an administrator knows the object: its userName or displayName.
func (s scimSubject) label() string {
	if s.deleted {
		return "deleted " + strings.ToLower(s.kind)
	}
	var names struct {
		UserName    string `json:"userName"`
		DisplayName string `json:"displayName"`
	}
	if err := json.Unmarshal(s.document, &names); err != nil {
		return s.scimID // the names of a further type may be of another kind
	}
	return cmp.Or(names.UserName, names.DisplayName, s.scimID)
}

// scimSubjects reads the objects that entries name.
func (s *Store) scimSubjects(ctx context.Context, connectionID int64, entries []scimLogRow) (map[int64]scimSubject, error) {
	var ids []int64
	for _, e := range entries {
		ids = append(ids, e.objects...)
	}
	slices.Sort(ids)
	list, err := asJSON(slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	known := map[int64]scimSubject{}
	err = s.each(ctx, func(rows *sqlx.Rows) error {
		var id, first, due int64
		var subject scimSubject
		var pending ScimPending
		if err := rows.Scan(&id, &subject.scimID, &subject.kind, &subject.externalID, &subject.document, &subject.deleted, &subject.version,
			&pending.Urgent, &pending.Waiting, &pending.Attempts, &pending.Class, &first, &due); err != nil {
			return err
		}
		if subject.version > 0 {
			pending.Since, pending.Due = fromMicros(first), fromMicros(due)
			subject.pending = &pending
		}
		known[id] = subject
		return nil
	}, `SELECT r.id, r.scim_id, r.type, r.external_id, r.document, r.deleted_at <> 0, COALESCE(i.version, 0),
			COALESCE(i.urgent, FALSE), COALESCE(i.waiting, FALSE), COALESCE(i.attempts, 0), COALESCE(i.class, ''), COALESCE(i.first_at, 0), COALESCE(i.due_at, 0)
		FROM `+s.dialect.list()+` CROSS JOIN scim_resources r LEFT JOIN inbox i ON i.resource_id = r.id
		WHERE r.id = CAST(j.value AS BIGINT) AND r.connection_id = ?`, list, connectionID)
	if err != nil {
		return nil, fmt.Errorf("read objects of the log: %w", err)
	}
	return known, nil
}

// scimTaken is the first run that took an object up as it was at a time.
func (s *Store) scimTaken(ctx context.Context, connectionID, resourceID int64, subject scimSubject, at int64) (ScimTaken, bool, error) {
	var taken ScimTaken
	found := false
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var done int64
		found = true
		if err := rows.Scan(&taken.Run, &done); err != nil {
			return err
		}
		taken.Done = fromMicros(done)
		return nil
	}, `SELECT run_id, acked_at FROM scim_acks WHERE resource_id = ? AND version >= ? ORDER BY version LIMIT 1`, resourceID, at)
	if err != nil {
		return taken, false, fmt.Errorf("find run that took an object up: %w", err)
	}
	if found {
		err = s.scimDone(ctx, connectionID, resourceID, subject, &taken)
	}
	return taken, found, err
}

// scimDone adds what a run made of an object, and what it noticed about it.
func (s *Store) scimDone(ctx context.Context, connectionID, resourceID int64, subject scimSubject, taken *ScimTaken) error {
	if taken.Run == 0 {
		return nil
	}
	var err error
	if taken.Changes, err = s.scimChanges(ctx, connectionID, taken.Run, subject); err != nil {
		return err
	}
	if err = s.selectAll(ctx, &taken.Notes, `SELECT text FROM notes WHERE run_id = ? AND resource_id = ? ORDER BY id`, taken.Run, resourceID); err != nil {
		return fmt.Errorf("read notes of run %d: %w", taken.Run, err)
	}
	return nil
}

// scimChanges counts what a run did about an object, which its source ids name:
// the id here or, where the source is another, the externalId.
func (s *Store) scimChanges(ctx context.Context, connectionID, runID int64, subject scimSubject) ([]Count, error) {
	if subject.kind != "User" && subject.kind != "Group" {
		return nil, nil
	}
	column, table := "user_id", "users"
	if subject.kind == "Group" {
		column, table = "group_id", "groups"
	}
	var counts []Count
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var c Count
		if err := rows.Scan(&c.Target, &c.Kind, &c.State, &c.Class, &c.Count); err != nil {
			return err
		}
		counts = append(counts, c)
		return nil
	}, `SELECT t.name, ch.kind, ch.state, ch.class, COUNT(*) FROM changes ch JOIN targets t ON t.id = ch.target_id
		WHERE ch.run_id = ? AND ch.`+column+` IN (SELECT o.id FROM `+table+` o WHERE o.connection_id = ? AND o.source_id IN (?, ?))
		GROUP BY t.name, ch.stage, ch.kind, ch.state, ch.class ORDER BY t.name, ch.stage, ch.kind, ch.state, ch.class`,
		runID, connectionID, subject.scimID, cmp.Or(subject.externalID, subject.scimID))
	if err != nil {
		return nil, fmt.Errorf("count changes of run %d: %w", runID, err)
	}
	return counts, nil
}

// scimObjects finds resources of a connection by id, externalId, userName or
// displayName; of one type, or of all with an empty one.
func (s *Store) scimObjects(ctx context.Context, connectionID int64, resourceType, name string) ([]int64, error) {
	exact, folded := exactKey(name), textKey(name)
	var ids []int64
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var id int64
		var kind string
		if err := rows.Scan(&id, &kind); err != nil {
			return err
		}
		if resourceType == "" || strings.EqualFold(resourceType, kind) {
			ids = append(ids, id)
		}
		return nil
	}, `SELECT r.id, r.type FROM scim_resources r WHERE r.connection_id = ? AND r.scim_id IN (?, ?)
		UNION SELECT r.id, r.type FROM scim_resources r WHERE r.connection_id = ? AND r.type IN ('User', 'Group') AND r.external_id = ? AND r.external_id <> ''
		UNION SELECT r.id, r.type FROM scim_resources r WHERE r.connection_id = ? AND r.type IN ('User', 'Group') AND r.name_key = ? ORDER BY id`,
		connectionID, exact, folded, connectionID, exact, connectionID, folded)
	if err != nil {
		return nil, fmt.Errorf("find objects: %w", err)
	}
	return ids, nil
}

// purgedAtOnce is how many rows one statement deletes, so that no write waits long.
const purgedAtOnce = 500

// PurgeScim deletes what is older than a time: entries of the log, notes of which
// run took which push up, and what is left of deleted resources once that is
// known in every target. It returns how many rows that were.
func (s *Store) PurgeScim(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for _, statement := range []string{
		`DELETE FROM scim_log WHERE id IN (SELECT l.id FROM scim_log l WHERE l.at < ? ORDER BY l.at LIMIT CAST(? AS BIGINT))`,
		`DELETE FROM scim_acks WHERE (resource_id, version) IN (SELECT a.resource_id, a.version FROM scim_acks a WHERE a.acked_at < ? ORDER BY a.acked_at LIMIT CAST(? AS BIGINT))`,
		`DELETE FROM scim_resources WHERE id IN (SELECT r.id FROM scim_resources r WHERE r.deleted_at <> 0 AND r.deleted_at < ?
			AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.resource_id = r.id) AND NOT EXISTS (SELECT 1 FROM scim_acks a WHERE a.resource_id = r.id)
			ORDER BY r.deleted_at LIMIT CAST(? AS BIGINT))`,
	} {
		for {
			var n int64
			err := s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
				n, err = tx.exec(ctx, statement, micros(before), purgedAtOnce)
				return err
			})
			if err != nil {
				return total, fmt.Errorf("purge: %w", err)
			}
			if total += n; n < purgedAtOnce {
				break
			}
		}
	}
	return total, nil
}
