package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// scimWorld is a connection that accepts pushes. Its clock moves a millisecond
// with every write.
type scimWorld struct {
	testing.TB
	Database
	counter
	ctx         context.Context
	conn        int64
	now         time.Time
	user, group *scim.ResourceType
	strict      bool
}

func newScimWorld(t testing.TB, open Open) *scimWorld {
	t.Helper()
	w := &scimWorld{TB: t, ctx: t.Context(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), user: scim.UserType(), group: scim.GroupType()}
	w.Database = open(t, store.WithHooks(w.hooks()))
	_, err := w.Store.CreateScimToken(w.ctx, "staff", "okta", "digest", time.Time{}, w.now)
	w.ok(err)
	w.conn, err = w.Store.ConnectionID(w.ctx, "staff")
	w.ok(err)
	return w
}

func (w *scimWorld) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// same compares what is with what should be; nil is nothing of its kind.
func (w *scimWorld) same(what string, got, want any) {
	w.Helper()
	if want == nil {
		want = reflect.Zero(reflect.TypeOf(got)).Interface()
	}
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// write is what the next write carries.
func (w *scimWorld) write(t *scim.ResourceType) store.ScimWrite {
	w.now = w.now.Add(time.Millisecond)
	return w.writeAt(t, w.now)
}

func (w *scimWorld) writeAt(t *scim.ResourceType, at time.Time) store.ScimWrite {
	return store.ScimWrite{ConnectionID: w.conn, Type: t, Strict: w.strict,
		Log: store.ScimRequest{ConnectionID: w.conn, At: at, Method: "PATCH", Path: t.Endpoint, Status: 200}}
}

// document parses a resource.
func (w *scimWorld) document(text string) scim.Resource {
	w.Helper()
	d, err := scim.ParseResource([]byte(text))
	w.ok(err)
	return d
}

func userNamed(name string) scim.Resource {
	return scim.Resource{"userName": name, "externalId": "00u-" + name, "active": true,
		"emails": []any{map[string]any{"value": name + "@example.com", "type": "work", "primary": true}}}
}

// joins creates a user and returns its id.
func (w *scimWorld) joins(name string) string {
	w.Helper()
	changed, err := w.Store.CreateScim(w.ctx, w.write(w.user), userNamed(name), nil)
	w.ok(err)
	return changed.Resource.ScimID
}

// staff creates n users called p0, p1, ….
func (w *scimWorld) staff(n int) []string {
	w.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.joins(fmt.Sprintf("p%d", i))
	}
	return ids
}

// team creates a group with members by value, and returns its id.
func (w *scimWorld) team(name string, values ...string) string {
	w.Helper()
	changed, err := w.Store.CreateScim(w.ctx, w.write(w.group), scim.Resource{"displayName": name}, membersOf(values...))
	w.ok(err)
	return changed.Resource.ScimID
}

func membersOf(values ...string) []scim.Member {
	members := make([]scim.Member, len(values))
	for i, value := range values {
		members[i] = scim.Member{Value: value}
	}
	return members
}

// changeMembers takes steps about a group's members.
func (w *scimWorld) changeMembers(group string, steps ...scim.MemberChange) store.ScimChanged {
	w.Helper()
	changed, err := w.Store.ChangeScim(w.ctx, w.write(w.group), group, func(store.ScimResource) (store.ScimEdit, error) {
		return store.ScimEdit{Members: steps}, nil
	})
	w.ok(err)
	return changed
}

// change replaces attributes of a user; nil takes one away.
func (w *scimWorld) change(id string, attributes map[string]any) store.ScimChanged {
	w.Helper()
	return w.changeOf(w.user, id, attributes)
}

func (w *scimWorld) changeOf(t *scim.ResourceType, id string, attributes map[string]any) store.ScimChanged {
	w.Helper()
	changed, err := w.Store.ChangeScim(w.ctx, w.write(t), id, edit(attributes))
	w.ok(err)
	return changed
}

// edit is a change that replaces attributes.
func edit(attributes map[string]any) func(store.ScimResource) (store.ScimEdit, error) {
	return func(current store.ScimResource) (store.ScimEdit, error) {
		d, err := scim.ParseResource(current.Document)
		if err != nil {
			return store.ScimEdit{}, err
		}
		for name, value := range attributes {
			if value == nil {
				delete(d, name)
			} else {
				d[name] = value
			}
		}
		return store.ScimEdit{Document: d}, nil
	}
}

func (w *scimWorld) leaves(t *scim.ResourceType, id string) store.ScimChanged {
	w.Helper()
	changed, err := w.Store.DeleteScim(w.ctx, w.write(t), id, nil)
	w.ok(err)
	return changed
}

// read reads a resource with everything.
func (w *scimWorld) read(t *scim.ResourceType, id string) store.ScimResource {
	w.Helper()
	r, err := w.Store.ScimResource(w.ctx, w.conn, t, id, store.ScimParts{Members: t.Members, Groups: !t.Members})
	w.ok(err)
	return r
}

// members are a group's, as "userName" or "?value" for one that nobody knows, in order.
func (w *scimWorld) members(group string) []string {
	w.Helper()
	var all []string
	for _, m := range w.read(w.group, group).Members {
		if m.Type == "" {
			all = append(all, "?"+m.Value)
			continue
		}
		var names []string
		w.ok(w.SQL.SelectContext(w.ctx, &names, w.SQL.Rebind(`SELECT name_key FROM scim_resources WHERE scim_id = ?`), m.Value))
		all = append(all, names...)
	}
	slices.Sort(all)
	return all
}

// inbox lists what is pending, by name, in order: urgent ones end in "!".
func (w *scimWorld) inbox() []string {
	w.Helper()
	var rows []struct {
		Name   *string `db:"name_key"`
		Type   string  `db:"type"`
		Urgent bool    `db:"urgent"`
	}
	w.ok(w.SQL.SelectContext(w.ctx, &rows, `SELECT r.name_key, r.type, i.urgent FROM inbox i JOIN scim_resources r ON r.id = i.resource_id`))
	var all []string
	for _, row := range rows {
		name := "deleted " + strings.ToLower(row.Type)
		if row.Name != nil {
			name = *row.Name
		}
		if row.Urgent {
			name += "!"
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// drain acknowledges all that is pending, as if a run had nothing to do.
func (w *scimWorld) drain() {
	w.Helper()
	_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`INSERT INTO scim_acks (resource_id, version, run_id, acked_at) SELECT resource_id, version, 0, ? FROM inbox`), w.now.UnixMicro())
	w.ok(err)
	_, err = w.SQL.ExecContext(w.ctx, `DELETE FROM inbox`)
	w.ok(err)
}

func (w *scimWorld) number(query string, args ...any) int {
	w.Helper()
	var n int
	w.ok(w.SQL.GetContext(w.ctx, &n, w.SQL.Rebind(query), args...))
	return n
}

// names are the userNames or displayNames of resources, in their order.
func (w *scimWorld) names(resources []store.ScimResource) []string {
	w.Helper()
	names := make([]string, len(resources))
	for i, r := range resources {
		var d map[string]any
		w.ok(json.Unmarshal(r.Document, &d))
		user, _ := d["userName"].(string)
		group, _ := d["displayName"].(string)
		names[i] = cmp.Or(user, group)
	}
	return names
}

// scimCases runs each of a table's tests on a database of its own.
func scimCases(t *testing.T, open Open, table map[string]func(w *scimWorld)) {
	for name, test := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newScimWorld(t, open))
		})
	}
}
