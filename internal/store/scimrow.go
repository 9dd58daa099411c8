package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	driver "modernc.org/sqlite"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// scimKeys are what a resource is found by beside its id.
type scimKeys struct {
	externalID string
	// name is userName or displayName, folded; named is whether there is one.
	name  string
	named bool
}

// nameColumn is NULL for a resource without a name, which no other can then have.
func (k scimKeys) nameColumn() any {
	if !k.named {
		return nil
	}
	return k.name
}

// scimRow is what is stored of a document.
type scimRow struct {
	scimKeys
	document   []byte
	values     []scim.Value
	display    string
	displayKey string
	active     bool
	// nameAsIs is the name as it was pushed.
	nameAsIs string
}

func newScimRow(t *scim.ResourceType, d scim.Resource) (scimRow, error) {
	document, err := d.Encode()
	if err != nil {
		return scimRow{}, fmt.Errorf("write document: %w", err)
	}
	r := scimRow{document: document, values: t.Values(d), display: storable(t.Display(d)), active: t.Active(d)}
	r.displayKey = textKey(r.display)
	r.externalID = exactKey(scim.ExternalID(d))
	if key, ok := t.UniqueValue(d); ok {
		r.name, r.named = storable(key), true
		r.nameAsIs, _ = d[t.Unique].(string)
	}
	return r, nil
}

// names are what a membership may have named the resource by while it was not
// known, apart from its externalId and id: a user's name as it is, and folded.
func (r scimRow) names(t *scim.ResourceType) []string {
	if t.Name != "User" || !r.named {
		return nil
	}
	return []string{exactKey(r.nameAsIs), r.name}
}

var (
	exactText  = &scim.Attribute{Name: "text", Type: scim.String, CaseExact: true}
	foldedText = &scim.Attribute{Name: "text", Type: scim.String}
)

// exactKey is a text as a column that is indexed keeps it: what is too long for
// an index is cut, and made distinct.
func exactKey(text string) string { return keyOf(exactText, text) }

// textKey is exactKey of a text whose case does not matter.
func textKey(text string) string { return keyOf(foldedText, text) }

func keyOf(a *scim.Attribute, text string) string {
	key, err := scim.SortKey(a, text)
	if err != nil {
		return "" // a string is always a string
	}
	return storable(key)
}

// insert stores a new resource.
func (e *scimEdit) insert(ctx context.Context, scimID string, row scimRow) (ScimResource, error) {
	r := ScimResource{ScimID: scimID, Type: e.w.Type.Name, Version: 1, Created: fromMicros(e.shownAt()), Changed: fromMicros(e.shownAt()), Document: row.document}
	var err error
	r.ID, err = e.tx.insertKeyed(ctx, `INSERT INTO scim_resources (connection_id, type, scim_id, shard, external_id, name_key, display, display_key, active, document, created_at, modified_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection_id, type, name_key) DO NOTHING`,
		e.w.ConnectionID, e.w.Type.Name, scimID, ScimShard(scimID), row.externalID, row.nameColumn(), row.display, row.displayKey, row.active, string(row.document), e.shownAt(), e.shownAt())
	if err != nil {
		return r, fmt.Errorf("write resource: %w", err)
	}
	if r.ID == 0 {
		if err := e.freeName(ctx, row, 0); err != nil {
			return r, err
		}
		return r, &ScimConflictError{Attribute: e.w.Type.Unique}
	}
	e.alone = e.toQueue(scimID, row.active)
	if err := e.addValues(ctx, r.ID, row.values); err != nil {
		return r, err
	}
	return r, e.count(ctx, r.ID, scimID, 1)
}

// freeName fails with a *ScimConflictError when another resource has the name.
func (e *scimEdit) freeName(ctx context.Context, row scimRow, ownID int64) error {
	if !row.named {
		return nil
	}
	var other string
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error { return rows.Scan(&other) },
		`SELECT scim_id FROM scim_resources WHERE connection_id = ? AND type = ? AND name_key = ? AND id <> ?`, e.w.ConnectionID, e.w.Type.Name, row.name, ownID)
	if err != nil {
		return fmt.Errorf("look for the name: %w", err)
	}
	if other != "" {
		return &ScimConflictError{Attribute: e.w.Type.Unique, ScimID: other}
	}
	return nil
}

// blockSize is how many ids share a row of scim_blocks: adding up a million
// resources reads 4,000 rows, and finding a page skips 128 on average.
const blockSize = 256

// count adds to the number of resources around an id. Where several write at
// once they count in lanes, so that they do not wait for one row.
func (e *scimEdit) count(ctx context.Context, id int64, scimID string, n int) error {
	lane := 0
	if e.tx.dialect == postgres {
		lane = ScimShard(scimID)
	}
	if _, err := e.tx.execKeyed(ctx, `INSERT INTO scim_blocks (connection_id, type, block, lane, resources) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, type, block, lane) DO UPDATE SET resources = scim_blocks.resources + excluded.resources`,
		e.w.ConnectionID, e.w.Type.Name, id/blockSize, lane, n); err != nil {
		return fmt.Errorf("count resources: %w", err)
	}
	return nil
}

// asScimConflict makes a *ScimConflictError of the unique index that a rename
// ran into: the transaction that took the name first was not to be seen yet
// when it was looked for.
func asScimConflict(t *scim.ResourceType, err error) error {
	const sqliteUnique = 2067 // SQLITE_CONSTRAINT_UNIQUE, https://www.sqlite.org/rescode.html
	var onPostgres *pq.Error
	var onSQLite *driver.Error
	if errors.As(err, &onPostgres) && onPostgres.Constraint == "scim_resources_name" || errors.As(err, &onSQLite) && onSQLite.Code() == sqliteUnique {
		return &ScimConflictError{Attribute: t.Unique}
	}
	return err
}
