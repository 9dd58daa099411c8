package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func scimResources(t *testing.T, open Open) {
	scimCases(t, open, map[string]func(w *scimWorld){
		"what was created is read as it was pushed": func(w *scimWorld) {
			d := userNamed("Ada")
			changed, err := w.Store.CreateScim(w.ctx, w.write(w.user), d, nil)
			w.ok(err)
			r := w.read(w.user, changed.Resource.ScimID)
			w.same("document", w.document(string(r.Document)), d)
			w.same("the answer", changed.Resource, store.ScimResource{ID: r.ID, ScimID: r.ScimID, Type: "User", Version: 1, Created: w.now, Changed: w.now, Document: r.Document})
			w.same("shards", changed.Shards, []int{store.ScimShard(r.ScimID)})
			w.same("inbox", w.inbox(), []string{"ada"})
			if _, err := w.Store.ScimResource(w.ctx, w.conn, w.group, r.ScimID, store.ScimParts{}); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("a user read as a group: %v", err)
			}
			if _, err := w.Store.ScimResource(w.ctx, w.conn+1, w.user, r.ScimID, store.ScimParts{}); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("read by another connection: %v", err)
			}
		},
		"a name that another has is a conflict, whatever its case": func(w *scimWorld) {
			ada := w.joins("ada")
			bob := w.joins("bob")
			_, err := w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": "ADA"}, nil)
			w.conflict(err, "userName", ada)
			_, err = w.Store.ChangeScim(w.ctx, w.write(w.user), bob, edit(map[string]any{"userName": "Ada"}))
			w.conflict(err, "userName", ada)
			w.change(ada, map[string]any{"userName": "ADA"}) // its own
			w.same("resources", w.number(`SELECT COUNT(*) FROM scim_resources`), 2)
			w.same("entries of the log", w.number(`SELECT COUNT(*) FROM scim_log`), 3)
		},
		"a name is free again once who had it is deleted": func(w *scimWorld) {
			w.leaves(w.user, w.joins("ada"))
			w.joins("ada")
			w.same("inbox", w.inbox(), []string{"ada", "deleted user!"})
		},
		"a change that changes nothing writes the log alone": func(w *scimWorld) {
			ada := w.joins("ada")
			before := w.read(w.user, ada)
			w.drain()
			changed := w.change(ada, map[string]any{"userName": "ada"})
			w.same("changed", changed.Changed, false)
			w.same("shards", changed.Shards, nil)
			w.same("resource", w.read(w.user, ada), before)
			w.same("inbox", w.inbox(), nil)
			w.same("entries of the log", w.number(`SELECT COUNT(*) FROM scim_log`), 2)
		},
		"a change raises the version and keeps the values that stay": func(w *scimWorld) {
			ada := w.joins("ada")
			w.change(ada, map[string]any{"title": "Dr", "emails": nil})
			changed := w.change(ada, map[string]any{"title": "Prof", "externalId": nil})
			w.same("version", changed.Resource.Version, int64(3))
			w.same("changed at", w.read(w.user, ada).Changed, w.now)
			var values []string
			w.ok(w.SQL.SelectContext(w.ctx, &values, `SELECT path FROM scim_values ORDER BY path`))
			w.same("values", values, []string{"active", "title"})
			for f, want := range map[string]int64{`title eq "prof"`: 1, `title eq "Dr"`: 0, `emails pr`: 0, `externalId eq "00u-ada"`: 0} {
				w.same(f, w.list(f, store.ScimQuery{}).Total, want)
			}
		},
		"the error of a change is its caller's and nothing is written": func(w *scimWorld) {
			ada := w.joins("ada")
			refused := &scim.Error{Status: 412}
			_, err := w.Store.ChangeScim(w.ctx, w.write(w.user), ada, func(store.ScimResource) (store.ScimEdit, error) { return store.ScimEdit{}, refused })
			if err != refused {
				w.Errorf("%v, want the very error", err)
			}
			if _, err = w.Store.DeleteScim(w.ctx, w.write(w.user), ada, func(store.ScimResource) error { return refused }); err != refused {
				w.Errorf("%v, want the very error", err)
			}
			w.same("version", w.read(w.user, ada).Version, int64(1))
		},
		"who is switched off or deleted is urgent": func(w *scimWorld) {
			ada, bob, cy := w.joins("ada"), w.joins("bob"), w.joins("cy")
			w.change(ada, map[string]any{"active": false})
			w.change(bob, map[string]any{"active": false})
			w.change(bob, map[string]any{"active": true})
			w.leaves(w.user, cy)
			w.same("inbox", w.inbox(), []string{"ada!", "bob", "deleted user!"})
		},
		"of who is deleted nothing stays but that there was one": func(w *scimWorld) {
			ada := w.joins("ada")
			w.leaves(w.user, ada)
			var left struct {
				Document string `db:"document"`
				Display  string `db:"display"`
			}
			w.ok(w.SQL.GetContext(w.ctx, &left, `SELECT document, display FROM scim_resources`))
			w.same("what is left", left.Document+left.Display, "")
			w.same("values", w.number(`SELECT COUNT(*) FROM scim_values`), 0)
			for what, err := range map[string]error{
				"read":   second(w.Store.ScimResource(w.ctx, w.conn, w.user, ada, store.ScimParts{})),
				"change": second(w.Store.ChangeScim(w.ctx, w.write(w.user), ada, edit(nil))),
				"delete": second(w.Store.DeleteScim(w.ctx, w.write(w.user), ada, nil)),
			} {
				if !errors.Is(err, store.ErrNotFound) {
					w.Errorf("%s: %v, want not found", what, err)
				}
			}
		},
		"a burst about one object leaves one row, of the newest version": func(w *scimWorld) {
			ada := w.joins("ada")
			for i := range 5 {
				w.change(ada, map[string]any{"title": fmt.Sprint(i)})
			}
			w.same("inbox", w.inbox(), []string{"ada"})
			w.same("version", w.number(`SELECT version FROM inbox`), int(w.now.UnixMicro()))
			w.same("oldest", w.number(`SELECT first_at FROM inbox`), int(w.now.Add(-5*time.Millisecond).UnixMicro()))
		},
		"a version is above all before it, whatever the clock says": func(w *scimWorld) {
			ada := w.joins("ada")
			first := w.number(`SELECT version FROM inbox`)
			w.drain()
			w.now = w.now.Add(-time.Hour)
			w.change(ada, map[string]any{"title": "Dr"})
			w.same("after what is acknowledged", w.number(`SELECT version FROM inbox`), first+1)
			w.change(ada, map[string]any{"title": "Prof"})
			w.same("after what is pending", w.number(`SELECT version FROM inbox`), first+2)
			w.same("the time in the log", w.number(`SELECT MAX(at) FROM scim_log`), first+2)
		},
		"a push makes due what had failed": func(w *scimWorld) {
			ada := w.joins("ada")
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE inbox SET attempts = 3, class = 'unavailable', waiting = TRUE, due_at = due_at + 60000000`)
			w.ok(err)
			w.change(ada, map[string]any{"title": "Dr"})
			w.same("due", w.number(`SELECT COUNT(*) FROM inbox WHERE attempts = 0 AND class = '' AND NOT waiting AND due_at = ?`, w.now.UnixMicro()), 1)
		},
		"a unique value of an extension is one resource's": func(w *scimWorld) {
			typ := scim.UserType()
			typ.Extensions = append(typ.Extensions, scim.Extension{Schema: &scim.Schema{ID: "urn:example:badge", Name: "Badge",
				Attributes: []scim.Attribute{{Name: "number", Type: scim.String, Uniqueness: scim.UniqueServer}}}})
			w.user = typ
			badge := func(number string) map[string]any {
				return map[string]any{"urn:example:badge": map[string]any{"number": number}}
			}
			ada, bob := w.joins("ada"), w.joins("bob")
			w.change(ada, badge("7"))
			w.change(ada, badge("8"))
			w.change(bob, badge("7"))
			_, err := w.Store.ChangeScim(w.ctx, w.write(typ), ada, edit(badge("7")))
			w.conflict(err, "urn:example:badge:number", bob)
			w.same("version", w.read(typ, ada).Version, int64(3))
		},
		"resources of further types are kept and go to no target": func(w *scimWorld) {
			device := &scim.ResourceType{Name: "Device", Endpoint: "/Devices", Unique: "serial",
				Schema: &scim.Schema{ID: "urn:example:device", Name: "Device", Attributes: []scim.Attribute{{Name: "serial", Type: scim.String, CaseExact: true}}}}
			changed, err := w.Store.CreateScim(w.ctx, w.write(device), scim.Resource{"serial": "X1"}, nil)
			w.ok(err)
			_, err = w.Store.CreateScim(w.ctx, w.write(device), scim.Resource{"serial": "x1"}, nil)
			w.ok(err)
			w.same("shards", changed.Shards, nil)
			w.same("inbox", w.inbox(), nil)
			w.same("found", w.list(`serial eq "X1"`, store.ScimQuery{Types: []*scim.ResourceType{device}, Count: 10}).Total, int64(1))
			w.leaves(device, changed.Resource.ScimID)
			w.same("inbox", w.inbox(), nil)
		},
		"texts of any length and kind are kept and found": func(w *scimWorld) {
			long := strings.Repeat("ä", 2000)
			odd := "a\x00b"
			w.joins(long)
			_, err := w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": long + "2", "externalId": long, "title": odd, "displayName": odd}, nil)
			w.ok(err)
			_, err = w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": strings.ToUpper(long)}, nil)
			if conflict := (*store.ScimConflictError)(nil); !errors.As(err, &conflict) {
				w.Errorf("the long name once more: %v", err)
			}
			w.same("by long externalId", w.list(`externalId eq "`+long+`"`, store.ScimQuery{Count: 5}).Total, int64(1))
			w.same("by long userName", w.list(`userName eq "`+long+`"`, store.ScimQuery{Count: 5}).Total, int64(1))
			w.same("by a zero byte", w.list(`title eq "a\u0000b"`, store.ScimQuery{Count: 5}).Total, int64(1))
		},
		"changes of one resource by many at once all come in": func(w *scimWorld) {
			ada := w.joins("ada")
			var wg sync.WaitGroup
			at := w.now
			for i := range 20 {
				wg.Go(func() {
					_, err := w.Store.ChangeScim(w.ctx, w.writeAt(w.user, at.Add(time.Duration(i)*time.Millisecond)), ada, func(current store.ScimResource) (store.ScimEdit, error) {
						d, err := scim.ParseResource(current.Document)
						if err != nil {
							return store.ScimEdit{}, err
						}
						title, _ := d["title"].(string)
						d["title"] = title + "x"
						return store.ScimEdit{Document: d}, nil
					})
					if err != nil {
						w.Errorf("change %d: %v", i, err)
					}
				})
			}
			wg.Wait()
			r := w.read(w.user, ada)
			w.same("title", w.document(string(r.Document))["title"], strings.Repeat("x", 20))
			w.same("version", r.Version, int64(21))
		},
		"of many who create one name at once one comes in": func(w *scimWorld) {
			var wg sync.WaitGroup
			errs := make([]error, 12)
			for i := range errs {
				wg.Go(func() { _, errs[i] = w.Store.CreateScim(w.ctx, w.writeAt(w.user, w.now), userNamed("ada"), nil) })
			}
			wg.Wait()
			created := 0
			for _, err := range errs {
				if err == nil {
					created++
					continue
				}
				w.conflict(err, "userName", "")
			}
			w.same("created", created, 1)
		},
	})
}

func second[T any](_ T, err error) error { return err }

// conflict fails unless an error says that an attribute is another resource's.
func (w *scimWorld) conflict(err error, attribute, scimID string) {
	w.Helper()
	conflict := &store.ScimConflictError{}
	if !errors.As(err, &conflict) {
		w.Errorf("%v, want a conflict", err)
		return
	}
	if conflict.Attribute != attribute || scimID != "" && conflict.ScimID != scimID {
		w.Errorf("conflict %+v, want one about %s with %s", conflict, attribute, scimID)
	}
}
