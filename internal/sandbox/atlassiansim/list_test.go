package atlassiansim_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func addresses(n int) []string {
	emails := make([]string, n)
	for i := range emails {
		emails[i] = fmt.Sprintf("Person.%03d@example.com", i)
	}
	return emails
}

// walk reads all pages of a search, with nothing but the cursor after the
// first.
func (o *org) walk(query object) (ids []string, pages int) {
	o.t.Helper()
	for p := o.search(query); ; p = o.search(object{"cursor": p.Links.Next}) {
		ids, pages = append(ids, p.ids()...), pages+1
		if p.Links.Next == "" {
			return ids, pages
		}
	}
}

func TestPagesListEverybodyOnceInOrder(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{Admins: []atlassiansim.Admin{}})
	everybody := o.invite(addresses(120)...)
	eng := o.group("Eng")
	var members []string
	for i := len(everybody) - 1; i >= 0; i -= 3 {
		o.must(http.StatusNoContent, http.MethodPost, o.dir+"/groups/"+eng+"/memberships", object{"accountId": everybody[i]})
		members = append(members, everybody[i])
	}
	slices.Reverse(members)
	backwards := slices.Clone(everybody)
	slices.Reverse(backwards)
	for _, test := range []struct {
		name  string
		query object
		want  []string
		pages int
	}{
		{"fifty a page unless asked", object{}, everybody, 3},
		{"a hundred a page", object{"limit": 100}, everybody, 2},
		{"exactly the last page", object{"limit": 60}, everybody, 2},
		{"the members of a group", object{"groupIds": []string{eng}, "limit": 7}, members, 6},
		{"the members of a group and of one that is not", object{"groupIds": []string{eng, "none"}}, members, 1},
		{"the members of a group that is not", object{"groupIds": []string{"none"}}, nil, 1},
		{"by address, whatever its case", object{"emails": []string{"PERSON.005@EXAMPLE.COM", "person.001@example.com", "x@example.com"}},
			[]string{everybody[1], everybody[5]}, 1},
		{"no address is a part of another", object{"emails": []string{"erson.001@example.com"}}, nil, 1},
		{"by account", object{"accountIds": []string{everybody[9], everybody[2]}}, []string{everybody[2], everybody[9]}, 1},
		{"by a term in the address", object{"searchTerm": "PERSON.01", "limit": 4}, everybody[10:20], 3},
		{"sorted backwards", object{"sortBy": []object{{"field": "nick_name", "direction": "desc"}}, "limit": 50}, backwards, 3},
		{"by a domain", object{"emailDomains": []string{"@EXAMPLE.com"}, "limit": 100}, everybody, 2},
		{"by another domain", object{"emailDomains": []string{"ample.com"}}, nil, 1},
		{"several conditions at once", object{"accountIds": []string{everybody[0], members[0]}, "groupIds": []string{eng}}, members[:1], 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, pages := o.walk(test.query)
			equal(t, "accounts", test.want, got)
			equal(t, "pages", test.pages, pages)
		})
	}
}

func TestTheGetFormPagesByTwenty(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{Admins: []atlassiansim.Admin{}})
	everybody := o.invite(addresses(45)...)
	var got []string
	path := o.dir + "/users?status=active"
	for {
		var p page
		o.must(http.StatusOK, http.MethodGet, path, nil).decode(t, &p)
		got = append(got, p.ids()...)
		if p.Links.Next == "" {
			break
		}
		equal(t, "a full page", 20, len(p.Data))
		// Everything beside the cursor is discarded, also what contradicts it.
		path = o.dir + "/users?limit=3&status=suspended&cursor=" + p.Links.Next
	}
	equal(t, "accounts", everybody, got)
}

func TestManagedAccountsPageByURL(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{Admins: []atlassiansim.Admin{}})
	everybody := o.invite(addresses(150)...)
	o.invite("guest@elsewhere.net")
	o.must(http.StatusNoContent, http.MethodDelete, o.dir+"/users/"+everybody[0], nil)
	var got []string
	for path := o.v1 + "/users"; path != ""; {
		var p struct {
			Data []struct {
				AccountID string `json:"account_id"`
			}
			Links struct{ Next string }
		}
		o.must(http.StatusOK, http.MethodGet, path, nil).decode(t, &p)
		for _, d := range p.Data {
			got = append(got, d.AccountID)
		}
		path = ""
		if p.Links.Next != "" {
			path = p.Links.Next[len(o.url):]
		}
	}
	equal(t, "managed accounts, in the directory or not", everybody, got)
}

func TestGroupsAreFoundByNameWhateverItsCase(t *testing.T) {
	t.Parallel()
	o := start(t, atlassiansim.Options{})
	names := []string{}
	for i := range 25 {
		name := fmt.Sprintf("Équipe %02d", i)
		o.group(name)
		names = append(names, name)
	}
	found := func(query object) (got []string, pages int) {
		for {
			var p page
			o.must(http.StatusOK, http.MethodPost, o.dir+"/groups/search", query).decode(t, &p)
			pages++
			for _, d := range p.Data {
				got = append(got, d.Name)
			}
			if p.Links.Next == "" {
				return got, pages
			}
			query = object{"cursor": p.Links.Next}
		}
	}
	got, pages := found(object{"searchTerm": "équipe"})
	equal(t, "by a term", names, got)
	equal(t, "pages of twenty", 2, pages)
	got, _ = found(object{"groupNames": []string{"ÉQUIPE 03", "équipe 01", "Équipe"}})
	equal(t, "by name", []string{"Équipe 01", "Équipe 03"}, got)
	o.must(http.StatusNoContent, http.MethodDelete, o.dir+"/groups/"+o.groupNamed("Équipe 03").ID, nil)
	got, _ = found(object{"groupNames": []string{"ÉQUIPE 03"}})
	equal(t, "a deleted one", []string(nil), got)
	o.group("équipe 03")
}

func TestListsThatLie(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // everybody joined this moment, however long the test takes
	o := start(t, atlassiansim.Options{Admins: []atlassiansim.Admin{}, Now: func() time.Time { return now }})
	everybody := o.invite(addresses(100)...)
	var even []string
	for i := 0; i < len(everybody); i += 2 {
		even = append(even, everybody[i])
	}
	query := object{"limit": 20}
	for _, test := range []struct {
		name string
		rule fault.Rule
		want []string
	}{
		{"empty", fault.Rule{Kind: fault.Empty}, nil},
		{"every second item of the whole list", fault.Rule{Kind: fault.Half}, even},
		{"the second page is missing", fault.Rule{Kind: fault.SkipPage, Times: 1}, slices.Concat(everybody[:20], everybody[40:])},
		{"the fourth page is missing", fault.Rule{Kind: fault.SkipPage, Times: 1, After: 2}, slices.Concat(everybody[:60], everybody[80:])},
		{"the last page is never missing", fault.Rule{Kind: fault.SkipPage, Times: 1, After: 3}, everybody},
		{"stale", fault.Rule{Kind: fault.Stale}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.rule.API, test.rule.Path = atlassiansim.API, "/users/search$"
			id := o.engine.Add(test.rule)
			defer o.engine.Remove(id)
			got, _ := o.walk(query)
			equal(t, "accounts", test.want, got)
			if o.engine.Hits(id) == 0 {
				t.Error("the fault did not happen")
			}
		})
	}
	got, _ := o.walk(query)
	equal(t, "once the faults are gone", everybody, got)
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func TestStaleListsAreOfAFewSecondsAgo(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o := start(t, atlassiansim.Options{Admins: []atlassiansim.Admin{}, Now: now.Now, Staleness: 5 * time.Second})
	ids := o.invite("ann@example.com", "bob@example.com")
	ann, bob := ids[0], ids[1]
	old := o.group("Old")
	member := func(id string) object { return object{"accountId": id} }
	o.must(http.StatusNoContent, http.MethodPost, o.dir+"/groups/"+old+"/memberships", member(ann))
	now.advance(time.Minute)

	o.must(http.StatusNoContent, http.MethodPost, o.dir+"/groups/"+old+"/memberships", member(bob))
	o.must(http.StatusNoContent, http.MethodDelete, o.dir+"/groups/"+old+"/memberships/"+ann, nil)
	o.must(http.StatusNoContent, http.MethodPost, o.dir+"/users/"+ann+"/suspend", nil)
	o.must(http.StatusNoContent, http.MethodPut, "/users/"+bob+"/manage/email", object{"email": "rob@example.com"})
	cy := o.invite("cy@example.com")[0]
	o.group("New")

	see := func(what string, query object, want ...string) {
		t.Helper()
		got, _ := o.walk(query)
		equal(t, what, want, got)
	}
	groups := func(want ...string) {
		t.Helper()
		var p page
		o.must(http.StatusOK, http.MethodPost, o.dir+"/groups/search", object{"groupNames": []string{"new", "old"}}).decode(t, &p)
		var got []string
		for _, d := range p.Data {
			got = append(got, d.Name)
		}
		equal(t, "groups", want, got)
	}
	current := func() {
		t.Helper()
		see("members", object{"groupIds": []string{old}}, bob)
		see("the suspended", object{"status": []string{"suspended"}}, ann)
		see("everybody", object{}, ann, bob, cy)
		see("by the new address", object{"emails": []string{"rob@example.com"}}, bob)
		groups("Old", "New")
	}
	current()
	o.engine.Add(fault.Rule{Kind: fault.Stale, API: atlassiansim.API})
	see("members as they were", object{"groupIds": []string{old}}, ann)
	see("nobody was suspended", object{"status": []string{"suspended"}})
	see("somebody was not there", object{}, ann, bob)
	see("by the old address", object{"emails": []string{"bob@example.com"}}, bob)
	see("the new address was nobody's", object{"emails": []string{"rob@example.com"}})
	groups("Old")
	if a := o.must(http.StatusOK, http.MethodGet, o.dir+"/users/"+ann, nil); !contains(a.body, `"status":"suspended"`) {
		t.Errorf("a direct look-up is stale: %s", a.body)
	}
	now.advance(6 * time.Second)
	current()
}
