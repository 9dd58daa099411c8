package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// enqueue puts what is affected in the inbox: users and groups, and the
// resource of the request itself. It returns the shards that have something to do, and the time
// that the push has there.
func (e *scimEdit) enqueue(ctx context.Context, own int64) (shards []int, at int64, err error) {
	at = e.at
	if len(e.affected) == 0 {
		return nil, at, nil
	}
	if r := e.alone; r != nil && len(e.affected) == 1 && e.affected[own] && e.tx.dialect == sqlite {
		at, err = e.enqueueAlone(ctx, own, *r)
		return []int{r.shard}, at, err
	}
	ids := make([]int64, 0, len(e.affected))
	for id := range e.affected {
		ids = append(ids, id)
	}
	// One order everywhere, lest two writes wait for each other.
	slices.Sort(ids)
	list, err := asJSON(ids)
	if err != nil {
		return nil, 0, err
	}
	newest := int64(0)
	// A version is above every one that the object had, also above those that
	// are acknowledged: a request that came before another may be stored after it.
	err = e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var shard int
		var version int64
		if err := rows.Scan(&shard, &version); err != nil {
			return err
		}
		if !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
		if newest == 0 || version < newest {
			newest = version
		}
		return nil
	}, `INSERT INTO inbox (resource_id, connection_id, shard, urgent, version, first_at, due_at)
		SELECT r.id, r.connection_id, r.shard, r.type = 'User' AND (NOT r.active OR r.deleted_at <> 0),
			CASE WHEN COALESCE((SELECT a.version FROM scim_acks a WHERE a.resource_id = r.id ORDER BY a.version DESC LIMIT 1), 0) >= CAST(? AS BIGINT)
				THEN (SELECT a.version FROM scim_acks a WHERE a.resource_id = r.id ORDER BY a.version DESC LIMIT 1) + 1 ELSE CAST(? AS BIGINT) END,
			CAST(? AS BIGINT), CAST(? AS BIGINT)
		FROM `+e.tx.dialect.list()+` CROSS JOIN scim_resources r
		WHERE r.id = CAST(j.value AS BIGINT) AND (r.type IN ('User', 'Group') OR r.id = ?) ORDER BY r.id
		ON CONFLICT (resource_id) DO UPDATE SET urgent = excluded.urgent, due_at = excluded.due_at, attempts = 0, waiting = FALSE, class = '',
			version = CASE WHEN excluded.version > inbox.version THEN excluded.version ELSE inbox.version + 1 END
		RETURNING shard, version`, e.at, e.at, e.at, e.at, list, own)
	if err != nil {
		return nil, 0, fmt.Errorf("enqueue: %w", err)
	}
	slices.Sort(shards)
	return shards, max(at, newest), nil
}

// queued is what the inbox has to know of a resource.
type queued struct {
	shard  int
	urgent bool
}

func (e *scimEdit) toQueue(scimID string, active bool) *queued {
	return &queued{shard: ScimShard(scimID), urgent: e.w.Type.Name == "User" && !active}
}

// enqueueAlone is enqueue for the resource of the request and nothing else, of
// which all is known: on SQLite, where nobody writes beside it and a statement
// about one row keeps no copies of pages, it takes half the time.
func (e *scimEdit) enqueueAlone(ctx context.Context, id int64, r queued) (int64, error) {
	version := e.at
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var known int64
		if err := rows.Scan(&known); err != nil {
			return err
		}
		version = max(version, known+1)
		return nil
	}, `SELECT version FROM inbox WHERE resource_id = ? UNION ALL SELECT MAX(version) FROM scim_acks WHERE resource_id = ? HAVING MAX(version) IS NOT NULL`, id, id)
	if err != nil {
		return 0, fmt.Errorf("look for earlier pushes: %w", err)
	}
	if _, err := e.tx.execKeyed(ctx, `INSERT INTO inbox (resource_id, connection_id, shard, urgent, version, first_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (resource_id) DO UPDATE SET urgent = excluded.urgent, due_at = excluded.due_at, attempts = 0, waiting = FALSE, class = '', version = excluded.version`,
		id, e.w.ConnectionID, r.shard, r.urgent, version, e.at, e.at); err != nil {
		return 0, fmt.Errorf("enqueue: %w", err)
	}
	return version, nil
}

// loggedObjects is how many objects an entry of the log names at most: the
// request's own and the first of its members.
const loggedObjects = 1000

// log writes the request's entry.
func (e *scimEdit) log(ctx context.Context, at int64, objects []int64) error {
	return insertScimLog(ctx, e.tx, e.w.Log, e.w.ConnectionID, at, objects)
}

func insertScimLog(ctx context.Context, tx *Tx, r ScimRequest, connectionID, at int64, objects []int64) error {
	if len(objects) > loggedObjects {
		objects = objects[:loggedObjects]
	}
	// With commas at both ends, so that ",id," finds one.
	var list strings.Builder
	for _, id := range objects {
		list.WriteByte(',')
		list.WriteString(strconv.FormatInt(id, 10))
	}
	if len(objects) > 0 {
		list.WriteByte(',')
	}
	if _, err := tx.execKeyed(ctx, `INSERT INTO scim_log (connection_id, at, token, client, address, request_id, method, path, status, took, objects, summary, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, connectionID, at, storable(r.Token), storable(r.Client), storable(r.Address), storable(r.RequestID),
		storable(r.Method), storable(r.Path), r.Status, r.Took.Microseconds(), list.String(), storable(r.Summary), storable(r.Detail)); err != nil {
		return fmt.Errorf("log request: %w", err)
	}
	return nil
}
