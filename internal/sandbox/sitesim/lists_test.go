package sitesim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

const everybody = "/rest/api/3/users/search?maxResults=1000"

func TestWhoWasRemovedStaysInJirasListAsInactive(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	if status, _, _ := s.call("DELETE", "/rest/api/3/user?accountId="+url.QueryEscape(s.ana), ""); status != http.StatusNoContent {
		t.Fatalf("HTTP %d", status)
	}
	if ids, _ := s.list(everybody); !slices.Contains(ids, s.ana) {
		t.Error("the list has forgotten her")
	}
	status, body, _ := s.call("GET", "/rest/api/3/user?expand=groups&accountId="+url.QueryEscape(s.ana), "")
	if status != http.StatusOK || !strings.Contains(string(body), `"active":false`) || strings.Contains(string(body), "ana@") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if ids, _ := s.list("/rest/api/3/user/search?query=ana"); len(ids) != 0 {
		t.Errorf("the search finds %v", ids)
	}
	if ids, _ := s.list("/rest/api/3/group/member?groupId=" + s.staff); len(ids) != 0 {
		t.Errorf("the group has %v", ids)
	}
}

func TestASearchComparesBeginningsOfActivePeople(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	other := s.seed("anatol@example.com")
	s.change(s.bo, func(a *roster.Account) { a.DisplayName = "Ana Bo" })
	off := s.seed("anab@example.com")
	s.change(off, func(a *roster.Account) { a.Active = false })
	hidden := s.seed("anac@example.com")
	s.change(hidden, func(a *roster.Account) { a.Attributes = map[string]string{sitesim.AttributeEmailHidden: "true"} })
	got, _ := s.list("/rest/api/3/user/search?query=ANA")
	slices.Sort(got)
	want := []string{s.ana, s.bo, other}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got)\n%s", diff)
	}
}

// TestWhoMayNotBrowseFindsNobodyAndIsRefusedTheLists: the search alone does not
// say why.
func TestWhoMayNotBrowseFindsNobodyAndIsRefusedTheLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{NotBrowsing: true})
	if found, _ := s.list("/rest/api/3/user/search?query=ana"); len(found) > 0 {
		t.Errorf("the search finds %v", found)
	}
	ana := url.QueryEscape(s.ana)
	for _, path := range []string{everybody, "/rest/api/3/user?accountId=" + ana, "/rest/api/3/user/groups?accountId=" + ana, "/rest/api/3/group/bulk"} {
		if status, body, _ := s.call(http.MethodGet, path, ""); status != http.StatusForbidden {
			t.Errorf("%s: HTTP %d: %s", path, status, body)
		}
	}
	// Who administers Jira may see the members of a group without it.
	if members, _ := s.list("/rest/api/3/group/member?groupId=" + s.staff); len(members) != 1 {
		t.Errorf("the group has %v", members)
	}
}

func TestASearchEndsAtTheThousandth(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	for i := range 1010 {
		if err := s.sim.Roster().AddAccount(s.sim.NewAccount(fmt.Sprintf("many%d@example.com", i))); err != nil {
			t.Fatal(err)
		}
	}
	if ids, _ := s.list("/rest/api/3/user/search?query=many&startAt=990&maxResults=1000"); len(ids) != 10 {
		t.Errorf("the search goes on for %d", len(ids))
	}
	if ids, _ := s.list(everybody + "&startAt=1000"); len(ids) == 0 {
		t.Error("the list ends at a thousand")
	}
}

func TestPagesMayBeShorterThanWasAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{PageLimit: 2})
	for _, path := range []string{everybody, "/rest/api/3/group/bulk", "/wiki/rest/api/group"} {
		if ids, last := s.list(path); len(ids) != 2 || last {
			t.Errorf("%s: %d, last: %t", path, len(ids), last)
		}
	}
}

func TestGroupsAreFoundAsTheyAreWrittenAndByWhatTheyMayDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	names := func(path string) int {
		ids, _ := s.list(path)
		return len(ids)
	}
	for path, want := range map[string]int{
		"/rest/api/3/group/bulk?groupName=Staff":                     1,
		"/rest/api/3/group/bulk?groupName=staff":                     0,
		"/rest/api/3/group/bulk?groupId=none":                        0,
		"/rest/api/3/group/bulk?accessType=site-admin":               1,
		"/rest/api/3/group/bulk?accessType=admin":                    3,
		"/rest/api/3/group/bulk?accessType=user":                     3,
		"/wiki/rest/api/group?accessType=site-admin":                 1,
		"/wiki/rest/api/group/picker?query=taf":                      1,
		"/rest/api/3/groups/picker?query=staff":                      0,
		"/rest/api/3/groups/picker?query=staff&caseInsensitive=true": 1,
	} {
		if got := names(path); got != want {
			t.Errorf("%s: %d groups, want %d", path, got, want)
		}
	}
	for i := range 30 {
		if err := s.sim.Roster().AddGroup(s.sim.NewGroup(fmt.Sprintf("picked %d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if got := names("/rest/api/3/groups/picker?query=picked&maxResults=1000"); got != 20 {
		t.Errorf("the picker offers %d groups", got)
	}
}

func TestConfluenceLeavesSuspendedMembersOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	s.change(s.ana, func(a *roster.Account) { a.Active = false })
	if ids, _ := s.list("/wiki/rest/api/group/" + s.staff + "/membersByGroupId"); len(ids) != 0 {
		t.Errorf("Confluence lists %v", ids)
	}
	if ids, _ := s.list("/rest/api/3/group/member?groupId=" + s.staff); len(ids) != 0 {
		t.Errorf("Jira lists %v without being asked for inactive ones", ids)
	}
	if ids, _ := s.list("/rest/api/3/group/member?includeInactiveUsers=true&groupId=" + s.staff); len(ids) != 1 {
		t.Errorf("Jira lists %v", ids)
	}
	if ids, _ := s.list("/wiki/rest/api/user/memberof?accountId=" + url.QueryEscape(s.ana)); !slices.Contains(ids, s.staff) {
		t.Error("her own groups lack one")
	}
}

func TestALicenceWithoutALimitHasMinusOneSeats(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	_, body, _ := s.call("GET", "/rest/api/3/applicationrole", "")
	if !strings.Contains(string(body), `"remainingSeats":-1`) || !strings.Contains(string(body), `"hasUnlimitedSeats":true`) {
		t.Errorf("got %s", body)
	}
}

func TestAFullLicenceRefusesAsVaguelyAsTheVendor(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{SeatLimit: 5})
	outsider := s.sim.NewAccount("out@example.com")
	if err := s.sim.Roster().AddAccount(outsider); err != nil {
		t.Fatal(err)
	}
	member := `{"accountId":"` + outsider.ID + `"}`
	wiki, _ := s.sim.Roster().GroupNamed("confluence-users-example")
	for _, r := range []request{
		{"Jira's create", "POST", "/rest/api/3/user", `{"emailAddress":"new@example.com","products":["jira-software"]}`, 400},
		{"Jira's group", "POST", "/rest/api/3/group/user?groupId={software}", member, 400},
		{"Confluence's group", "POST", "/wiki/rest/api/group/userByGroupId?groupId=" + wiki.ID, member, 500},
		{"a group without a product", "POST", "/rest/api/3/group/user?groupId={staff}", member, 201},
		{"an account without a product", "POST", "/rest/api/3/user", `{"emailAddress":"new@example.com","products":[]}`, 201},
	} {
		if status, body := s.make(r); status != r.status {
			t.Errorf("%s: HTTP %d: %s; want %d", r.name, status, body, r.status)
		}
	}
}

func TestListsCanBeWrongInEveryWay(t *testing.T) {
	t.Parallel()
	lists := func(s *site) map[string]string {
		return map[string]string{
			"people": everybody, "groups": "/rest/api/3/group/bulk", "members": "/rest/api/3/group/member?groupId=" + s.software,
			"Confluence's groups": "/wiki/rest/api/group", "Confluence's members": "/wiki/rest/api/group/" + s.software + "/membersByGroupId",
		}
	}
	s := newSite(t, sitesim.Options{})
	for name, path := range lists(s) {
		right, _ := s.list(path)
		for kind, want := range map[fault.Kind]int{fault.Empty: 0, fault.Half: (len(right) + 1) / 2} {
			id := s.sim.Engine().Add(fault.Rule{Kind: kind})
			if got, last := s.list(path); len(got) != want || !last && name != "people" {
				t.Errorf("%s, %s: %d of %d, last: %t", name, kind, len(got), len(right), last)
			}
			s.sim.Engine().Remove(id)
		}
	}

	short := newSite(t, sitesim.Options{PageLimit: 2})
	for name, path := range lists(short) {
		whole := func() (all []string) {
			for start, last := 0, false; !last; start += 2 {
				var ids []string
				separator := "?"
				if strings.Contains(path, "?") {
					separator = "&"
				}
				ids, last = short.list(fmt.Sprintf("%s%sstartAt=%d&start=%d", path, separator, start, start))
				all = append(all, ids...)
				last = last || len(ids) == 0
			}
			return all
		}
		right := whole()
		id := short.sim.Engine().Add(fault.Rule{Kind: fault.SkipPage})
		if diff := cmp.Diff(append(slices.Clone(right[:2]), right[4:]...), whole()); diff != "" {
			t.Errorf("%s without a page in the middle (-want +got)\n%s", name, diff)
		}
		short.sim.Engine().Remove(id)
	}
}

func TestAStaleListIsAsItWasBeforeTheWritesOfTheLastSeconds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := newSite(t, sitesim.Options{Now: func() time.Time { return now }})
	people, _ := s.list(everybody)
	groups, _ := s.list("/rest/api/3/group/bulk")
	members := "/rest/api/3/group/member?groupId=" + s.staff
	for _, r := range []request{
		{"", "POST", "/rest/api/3/user", `{"emailAddress":"new@example.com","products":[]}`, 201},
		{"", "POST", "/rest/api/3/group", `{"name":"new"}`, 201},
		{"", "POST", "/rest/api/3/group/user?groupId={staff}", `{"accountId":"{bo}"}`, 201},
		{"", "DELETE", "/rest/api/3/group/user?groupId={staff}&accountId={ana}", "", 200},
	} {
		if status, body := s.make(r); status != r.status {
			t.Fatalf("%s: HTTP %d: %s", r.path, status, body)
		}
	}
	s.sim.Engine().Add(fault.Rule{Kind: fault.Stale})
	stale := func(path string, want []string) {
		t.Helper()
		got, _ := s.list(path)
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
	}
	stale(everybody, people)
	stale("/rest/api/3/group/bulk", groups)
	stale(members, []string{s.ana})
	stale("/rest/api/3/user/search?query=new@", nil)
	now = now.Add(4 * time.Second)
	stale(members, []string{s.bo})
}

// What is compared are the fastest of many calls: how long the others take says
// how busy the machine is.
func TestACallOfALargeSiteTakesHardlyLongerThanOneOfASmallOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	made := 0
	creating := func() time.Duration {
		return standintest.Fastest(100, func() {
			made++
			body := fmt.Sprintf(`{"emailAddress":"new.%d@example.com","products":["jira-software"]}`, made)
			if status, _, _ := s.call("POST", "/rest/api/3/user", body); status != http.StatusCreated {
				t.Fatalf("HTTP %d", status)
			}
		})
	}
	searching := func() time.Duration {
		return standintest.Fastest(100, func() {
			if ids, _ := s.list("/rest/api/3/user/search?query=nobody@example.com"); len(ids) != 0 {
				t.Fatalf("found %v", ids)
			}
		})
	}
	create, search := creating(), searching()
	for i := range 10000 {
		if err := s.sim.Roster().AddAccount(s.sim.NewAccount(fmt.Sprintf("person.%d@example.com", i))); err != nil {
			t.Fatal(err)
		}
	}
	// A hundred times as many people.
	for what, took := range map[string][2]time.Duration{"creating an account": {create, creating()}, "searching for somebody": {search, searching()}} {
		t.Logf("%s takes %s, in a large site %s", what, took[0], took[1])
		if took[1] > 20*took[0] {
			t.Errorf("%s takes %s, in a large site %s", what, took[0], took[1])
		}
	}
}
