package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func scimLists(t *testing.T, open Open) {
	scimCases(t, open, map[string]func(w *scimWorld){
		"every page of a list that has gaps holds what is there, once": pagesWithGaps,
		"a list by cursor ends with its last page": func(w *scimWorld) {
			w.staff(5)
			var names []string
			q := store.ScimQuery{ConnectionID: w.conn, Types: []*scim.ResourceType{w.user}, Count: 2, ByCursor: true}
			for pages := 1; ; pages++ {
				page, err := w.Store.ScimList(w.ctx, q)
				w.ok(err)
				names = append(names, w.names(page.Resources)...)
				if page.Total != 5 {
					w.Errorf("total %d, want 5", page.Total)
				}
				if page.Next == nil {
					w.same("pages", pages, 3)
					break
				}
				q.After = *page.Next
			}
			w.same("names", names, []string{"p0", "p1", "p2", "p3", "p4"})
		},
		"a count of 0 gives the total alone": func(w *scimWorld) {
			w.staff(3)
			for _, f := range []string{"", `userName sw "p"`, `active eq true`, `userName eq "nobody"`} {
				page := w.list(f, store.ScimQuery{})
				want := int64(3)
				if strings.Contains(f, "nobody") {
					want = 0
				}
				if page.Total != want || len(page.Resources) != 0 {
					w.Errorf("%q: total %d with %d resources, want %d with none", f, page.Total, len(page.Resources), want)
				}
			}
		},
		"values are sorted by the primary or the first, missing ones last": sortedLists,
		"a query over several types finds all": func(w *scimWorld) {
			w.joins("ada")
			w.team("ada")
			w.team("birds")
			q := store.ScimQuery{Types: []*scim.ResourceType{w.user, w.group}, Count: 10}
			w.same("all", w.names(w.list("", q).Resources), []string{"ada", "ada", "birds"})
			w.same("by displayName", w.names(w.list(`displayName eq "BIRDS"`, q).Resources), []string{"birds"})
			w.same("by type", w.names(w.list(`meta.resourceType eq "User"`, q).Resources), []string{"ada"})
			q.StartIndex, q.Count = 2, 1
			page := w.list("", q)
			w.same("the second", w.names(page.Resources), []string{"ada"})
			w.same("total", page.Total, int64(3))
		},
		"memberships can be asked for from both ends": func(w *scimWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			birds := w.team("birds", ada, "nobody-yet")
			w.team("fish", bob)
			groups := store.ScimQuery{Types: []*scim.ResourceType{w.group}, Count: 10}
			users := store.ScimQuery{Types: []*scim.ResourceType{w.user}, Count: 10}
			for f, want := range map[string][]string{
				`members.value eq "` + ada + `"`:                                   {"birds"},
				`members eq "` + strings.ToUpper(ada) + `"`:                        {"birds"},
				`members[value eq "` + ada + `" and type eq "User"]`:               {"birds"},
				`members[value eq "` + ada + `" and type eq "Group"]`:              {},
				`members.value eq "nobody-yet"`:                                    {"birds"},
				`members.display eq "BOB"`:                                         {"fish"},
				`members.value eq "` + ada + `" or members.value eq "` + bob + `"`: {"birds", "fish"},
				`not (members.value eq "` + ada + `")`:                             {"fish"},
				`members.$ref eq "https://example.com/Users/` + bob + `"`:          {"fish"},
				`members pr`: {"birds", "fish"},
			} {
				w.same(f, w.names(w.list(f, groups).Resources), want)
			}
			for f, want := range map[string][]string{
				`groups.value eq "` + birds + `"`: {"ada"},
				`groups.display eq "fish"`:        {"bob"},
				`groups.display co "IS"`:          {"bob"},
				`groups pr and userName sw "a"`:   {"ada"},
			} {
				w.same(f, w.names(w.list(f, users).Resources), want)
			}
		},
		"lists show members and groups where they are asked for": func(w *scimWorld) {
			ada := w.joins("ada")
			birds := w.team("birds", ada, "nobody-yet")
			page := w.list("", store.ScimQuery{Types: []*scim.ResourceType{w.group}, Count: 10, Parts: store.ScimParts{Members: true}})
			w.same("members", len(page.Resources[0].Members), 2)
			page = w.list("", store.ScimQuery{Count: 10, Parts: store.ScimParts{Groups: true}})
			w.same("groups", page.Resources[0].Groups, []store.ScimMember{{Value: birds, Display: "birds", Type: "Group"}})
			page = w.list("", store.ScimQuery{Count: 10})
			if page.Resources[0].Groups != nil {
				w.Errorf("groups %v that were not asked for", page.Resources[0].Groups)
			}
		},
		"parts of meta compare": func(w *scimWorld) {
			ada := w.joins("ada")
			w.joins("bob")
			created := w.read(w.user, ada).Created.Format("2006-01-02T15:04:05.000Z")
			w.change(ada, map[string]any{"title": "Dr"})
			for f, want := range map[string][]string{
				`meta.created eq "` + created + `"`:                          {"ada"},
				`meta.created gt "` + created + `"`:                          {"bob"},
				`meta.lastModified gt "` + created + `"`:                     {"ada", "bob"},
				`meta.version eq "W/\"2\""`:                                  {"ada"},
				`id eq "` + ada + `"`:                                        {"ada"},
				`meta.location eq "https://x/Users/` + ada + `"`:             {"ada"},
				`schemas eq "` + scim.UserSchema + `"`:                       {"ada", "bob"},
				`schemas eq "` + scim.EnterpriseUserSchema + `"`:             {},
				`not (meta.resourceType eq "User")`:                          {},
				`externalId eq "00u-bob" or userName eq "ADA"`:               {"ada", "bob"},
				`userName eq "bob" and emails[type eq "work"] and active pr`: {"bob"},
			} {
				if strings.Contains(f, "[type") {
					f = strings.Replace(f, `[type eq "work"]`, `[type eq "work" and value co "@"]`, 1)
				}
				w.same(f, w.names(w.list(f, store.ScimQuery{Count: 10}).Resources), want)
			}
		},
		"what a filter finds is what its meaning says, on documents and filters at random": randomFilters,
	})
}

// list reads a page with a filter.
func (w *scimWorld) list(filter string, q store.ScimQuery) store.ScimPage {
	w.Helper()
	q.ConnectionID = w.conn
	if q.Types == nil {
		q.Types = []*scim.ResourceType{w.user}
	}
	if filter != "" {
		f, err := scim.ParseFilter(filter)
		w.ok(err)
		checked := false
		for _, t := range q.Types {
			if c, err := t.CheckFilter(f); err == nil && !checked {
				q.Filter, checked = c, true
			}
		}
		if !checked {
			w.Fatalf("no type knows the attributes of %s", filter)
		}
	}
	page, err := w.Store.ScimList(w.ctx, q)
	w.ok(err)
	return page
}

func pagesWithGaps(w *scimWorld) {
	const n = 300
	docs := make([]string, 0, n)
	ids := w.bulk(n)
	random := rand.New(rand.NewPCG(7, 7))
	for i, id := range ids {
		if random.IntN(3) == 0 || i < 5 {
			w.leaves(w.user, id)
			continue
		}
		docs = append(docs, fmt.Sprintf("p%d", i))
	}
	for _, size := range []int{1, 7, 100} {
		for _, start := range []int{1, 2, 50, 160, 256, 257, len(docs) - 1, len(docs), len(docs) + 1, 5000} {
			page := w.list("", store.ScimQuery{StartIndex: start, Count: size})
			if page.Total != int64(len(docs)) {
				w.Fatalf("total %d, want %d", page.Total, len(docs))
			}
			from := min(start-1, len(docs))
			w.same(fmt.Sprintf("%d from %d", size, start), w.names(page.Resources), docs[from:min(from+size, len(docs))])
		}
	}
}

// bulk creates n small users called p0, p1, …
func (w *scimWorld) bulk(n int) []string {
	w.Helper()
	ids := make([]string, n)
	for i := range n {
		changed, err := w.Store.CreateScim(w.ctx, w.write(w.user), scim.Resource{"userName": fmt.Sprintf("p%d", i)}, nil)
		w.ok(err)
		ids[i] = changed.Resource.ScimID
	}
	return ids
}

func sortedLists(w *scimWorld) {
	for _, d := range []string{
		`{"userName":"a","title":"x","emails":[{"value":"3@x","type":"work"},{"value":"1@x","primary":true}]}`,
		`{"userName":"b","title":"X","emails":[{"value":"2@x"}]}`,
		`{"userName":"C","name":{"familyName":"Zed"}}`,
		`{"userName":"d","name":{"familyName":"abe"},"emails":[{"value":"0@x","type":"home"}]}`,
	} {
		_, err := w.Store.CreateScim(w.ctx, w.write(w.user), w.document(d), nil)
		w.ok(err)
	}
	for by, want := range map[string][]string{
		"emails":            {"d", "a", "b", "C"},
		"emails.value":      {"d", "a", "b", "C"},
		"emails.value desc": {"C", "b", "a", "d"},
		"name.familyName":   {"d", "C", "a", "b"},
		"title":             {"a", "b", "C", "d"},
		"title desc":        {"C", "d", "a", "b"},
		"userName desc":     {"d", "C", "b", "a"},
		"meta.created desc": {"d", "C", "b", "a"},
		"externalId":        {"a", "b", "C", "d"},
	} {
		name, descending := strings.CutSuffix(by, " desc")
		path, err := scim.ParseAttributePath(name)
		w.ok(err)
		q := store.ScimQuery{SortBy: &path, Descending: descending, Count: 10}
		w.same("by "+by, w.names(w.list("", q).Resources), want)
		// The same by cursor, one at a time, and by index.
		var byCursor, byIndex []string
		q.ByCursor, q.Count = true, 1
		for {
			page := w.list("", q)
			byCursor = append(byCursor, w.names(page.Resources)...)
			if page.Next == nil {
				break
			}
			q.After = *page.Next
		}
		w.same("by cursor, by "+by, byCursor, want)
		q.ByCursor = false
		for q.StartIndex = 1; q.StartIndex <= 4; q.StartIndex++ {
			byIndex = append(byIndex, w.names(w.list(`userName pr`, q).Resources)...)
		}
		w.same("by index, by "+by, byIndex, want)
	}
}
