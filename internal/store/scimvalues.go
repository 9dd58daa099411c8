package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// valueAt is where a value stands in its resource.
type valueAt struct {
	path    string
	element int
}

// changeValues makes the stored values of a resource what they should be, and
// leaves alone those that are.
func (e *scimEdit) changeValues(ctx context.Context, id int64, values []scim.Value) error {
	type stored struct {
		key    string
		unique bool
	}
	before := map[valueAt]stored{}
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var at valueAt
		var v stored
		if err := rows.Scan(&at.path, &at.element, &v.key, &v.unique); err != nil {
			return err
		}
		before[at] = v
		return nil
	}, `SELECT path, element, value_key, is_unique FROM scim_values WHERE resource_id = ?`, id)
	if err != nil {
		return fmt.Errorf("read values of resource %d: %w", id, err)
	}
	var add []scim.Value
	for _, v := range values {
		at := valueAt{v.Path, v.Element}
		if was, ok := before[at]; ok && was.key == storable(v.Key) && was.unique == v.Unique {
			delete(before, at)
			continue
		}
		add = append(add, v)
	}
	if err := e.dropValues(ctx, id, slices.Collect(maps.Keys(before))); err != nil {
		return err
	}
	return e.addValues(ctx, id, add)
}

// dropValues removes values of a resource.
func (e *scimEdit) dropValues(ctx context.Context, id int64, gone []valueAt) error {
	if len(gone) == 0 {
		return nil
	}
	const what = "remove values of resource %d: %w"
	if e.oneByOne(len(gone)) {
		for _, at := range gone {
			if _, err := e.tx.execKeyed(ctx, `DELETE FROM scim_values WHERE resource_id = ? AND path = ? AND element = ?`, id, at.path, at.element); err != nil {
				return fmt.Errorf(what, id, err)
			}
		}
		return nil
	}
	fields := make([][]any, len(gone))
	for i, at := range gone {
		fields[i] = []any{at.path, at.element}
	}
	list, err := asJSON(fields)
	if err != nil {
		return err
	}
	if _, err := e.tx.execKeyed(ctx, `DELETE FROM scim_values WHERE resource_id = ? AND (path, element) IN (
			SELECT j.value ->> 0, CAST(j.value ->> 1 AS INTEGER) FROM `+e.tx.dialect.table()+`)`, id, list); err != nil {
		return fmt.Errorf(what, id, err)
	}
	return nil
}

// oneByOne reports whether a few rows are better written by a statement each.
// SQLite keeps a copy of every page that a statement over several rows changes,
// as it may fail half-way; on PostgreSQL each statement is a round trip.
func (e *scimEdit) oneByOne(rows int) bool { return e.tx.dialect == sqlite && rows <= 32 }

// addValues stores values of a resource. A unique one that another resource has
// is a *ScimConflictError.
func (e *scimEdit) addValues(ctx context.Context, id int64, values []scim.Value) error {
	fields := make([][]any, 0, len(values))
	for _, v := range values {
		if !v.Unique {
			fields = append(fields, []any{v.Path, v.Element, storable(v.Key)})
			continue
		}
		added, err := e.ids(ctx, `INSERT INTO scim_values (resource_id, connection_id, type, path, element, value_key, is_unique) VALUES (?, ?, ?, ?, ?, ?, TRUE)
			ON CONFLICT (connection_id, type, path, value_key) WHERE is_unique DO NOTHING RETURNING resource_id`,
			id, e.w.ConnectionID, e.w.Type.Name, v.Path, v.Element, storable(v.Key))
		if err != nil {
			return fmt.Errorf("write unique value of resource %d: %w", id, err)
		}
		if len(added) == 0 {
			return e.takenValue(ctx, v)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	const what = "write values of resource %d: %w"
	if e.oneByOne(len(fields)) {
		for _, f := range fields {
			if _, err := e.tx.execKeyed(ctx, `INSERT INTO scim_values (resource_id, connection_id, type, path, element, value_key) VALUES (?, ?, ?, ?, ?, ?)`,
				id, e.w.ConnectionID, e.w.Type.Name, f[0], f[1], f[2]); err != nil {
				return fmt.Errorf(what, id, err)
			}
		}
		return nil
	}
	list, err := asJSON(fields)
	if err != nil {
		return err
	}
	if _, err := e.tx.execKeyed(ctx, `INSERT INTO scim_values (resource_id, connection_id, type, path, element, value_key)
		SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), j.value ->> 0, CAST(j.value ->> 1 AS INTEGER), j.value ->> 2 FROM `+e.tx.dialect.table(),
		id, e.w.ConnectionID, e.w.Type.Name, list); err != nil {
		return fmt.Errorf(what, id, err)
	}
	return nil
}

// takenValue says whose a unique value is.
func (e *scimEdit) takenValue(ctx context.Context, v scim.Value) error {
	conflict := &ScimConflictError{Attribute: v.Path}
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error { return rows.Scan(&conflict.ScimID) },
		`SELECT r.scim_id FROM scim_values v JOIN scim_resources r ON r.id = v.resource_id
			WHERE v.connection_id = ? AND v.type = ? AND v.path = ? AND v.value_key = ? AND v.is_unique`, e.w.ConnectionID, e.w.Type.Name, v.Path, storable(v.Key))
	if err != nil {
		return fmt.Errorf("look for a unique value: %w", err)
	}
	return conflict
}
