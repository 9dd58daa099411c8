package oktasim_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
)

func TestListsThatAreWrongWithStatus200(t *testing.T) {
	t.Parallel()
	// The list has 50 members, read 10 a page.
	for _, test := range []struct {
		name  string
		kind  fault.Kind
		times int
		pages []int
		lacks []int // places in the list of which the answer should lack some
	}{
		{"empty", fault.Empty, 0, []int{0}, []int{0, 1, 25, 49}},
		{"half, every second one", fault.Half, 0, []int{10, 10, 5}, []int{1, 3, 25, 49}},
		{"the second page is left out", fault.SkipPage, 0, []int{10, 10, 10, 10}, []int{10, 15, 19}},
		{"the second page is left out by the first alone", fault.SkipPage, 1, []int{10, 10, 10, 10}, []int{10, 15, 19}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, many(50))
			for _, path := range []string{
				"/api/v1/users?limit=10", "/api/v1/groups/" + o.groupID("team-00001") + "/users?limit=10",
				"/api/v1/apps/" + oktasim.DefaultAppID + "/users?limit=10",
				"/api/v1/users?limit=10&filter=status+eq+%22ACTIVE%22",
			} {
				whole, _ := o.list(path)
				id := o.engine.Add(fault.Rule{Kind: test.kind, Times: test.times})
				got, pages := o.list(path)
				o.engine.Remove(id)
				if diff := cmp.Diff(test.pages, pages); diff != "" {
					t.Errorf("%s: pages: %s", path, diff)
				}
				if test.kind == fault.Empty && len(got) > 0 {
					t.Errorf("%s: %d items", path, len(got))
				}
				for _, place := range test.lacks {
					if slices.Contains(ids(got), whole[place].ID) {
						t.Errorf("%s: item %d is there", path, place)
					}
				}
				if all := slices.Compact(slices.Sorted(slices.Values(ids(got)))); len(all) != len(got) {
					t.Errorf("%s: items are there twice", path)
				}
				if again, _ := o.list(path); len(again) != 50 {
					t.Errorf("%s: once the fault is gone there are %d", path, len(again))
				}
			}
		})
	}
}

func TestAGroupOfEightThatAnswersFour(t *testing.T) {
	t.Parallel()
	o := newOrg(t, many(8))
	group := o.groupID("team-00001")
	o.engine.Add(fault.Rule{Kind: fault.Half, Path: "^/api/v1/groups/[^/]+/users$"})
	if members, _ := o.list("/api/v1/groups/" + group + "/users"); len(members) != 4 {
		t.Errorf("%d members, want 4", len(members))
	}
	if users, _ := o.list("/api/v1/users"); len(users) != 8 {
		t.Errorf("the rule is for another path, and %d users are there", len(users))
	}
	groups, _ := o.list("/api/v1/groups?expand=stats")
	for _, g := range groups {
		if g.ID == group && g.Embedded.Stats.UsersCount != 8 {
			t.Errorf("the vendor's own count is %d, want 8", g.Embedded.Stats.UsersCount)
		}
	}
}

func TestLookUpsAreNeverWrong(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	ann := o.userID("ann")
	for _, kind := range []fault.Kind{fault.Empty, fault.Half, fault.SkipPage, fault.Stale} {
		o.engine.Add(fault.Rule{ID: "wrong", Kind: kind})
		o.must(200, "POST", "/api/v1/users/"+ann, `{"profile":{"lastName":"`+string(kind)+`"}}`)
		if got := decode[object](t, o.must(200, "GET", "/api/v1/users/"+ann, "")); got.Profile.LastName != string(kind) {
			t.Errorf("%s: a look-up says %s", kind, got.Profile.LastName)
		}
		if groups, _ := o.list("/api/v1/users/" + ann + "/groups"); len(groups) != 3 {
			t.Errorf("%s: the user is in %d groups, want 3", kind, len(groups))
		}
	}
}

func TestListsLagBehindWritesAndCatchUp(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	engineers, imported := o.groupID("Engineers"), o.groupID("Imported")
	ann, ben, eve, cleo := o.userID("ann"), o.userID("ben"), o.userID("eve"), o.userID("cleo")
	type lists struct {
		Users, Suspended, Members []string
		Groups                    []string
	}
	read := func() lists {
		users, _ := o.list("/api/v1/users")
		members, _ := o.list("/api/v1/groups/" + engineers + "/users")
		groups, _ := o.list("/api/v1/groups")
		return lists{ids(users), ids(o.filtered("/api/v1/users", "search", `status eq "SUSPENDED"`)), ids(members), ids(groups)}
	}
	before := read()
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/suspend", "")
	o.must(204, "DELETE", "/api/v1/users/"+ben, "")
	o.must(204, "DELETE", "/api/v1/users/"+cleo, "") // erased
	o.must(204, "PUT", "/api/v1/groups/"+engineers+"/users/"+eve, "")
	o.must(204, "DELETE", "/api/v1/groups/"+engineers+"/users/"+ann, "")
	o.must(204, "PUT", "/api/v1/groups/"+engineers+"/users/"+ann, "")
	o.must(204, "DELETE", "/api/v1/groups/"+engineers+"/users/"+ben, "")
	o.must(204, "DELETE", "/api/v1/groups/"+imported, "")
	created := decode[object](t, o.must(200, "POST", "/api/v1/groups", `{"profile":{"name":"New"}}`)).ID
	after := read()
	want := lists{
		Users: []string{ann, o.userID("dan"), eve}, Suspended: []string{ann}, Members: []string{ann, eve},
		Groups: []string{o.groupID("Everyone"), engineers, o.groupID("Empty"), created},
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("what is true now: %s", diff)
	}
	o.engine.Add(fault.Rule{Kind: fault.Stale})
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Errorf("with the fault, the lists are as before the writes: %s", diff)
	}
	clock.add(time.Minute)
	if diff := cmp.Diff(after, read()); diff != "" {
		t.Errorf("later, the lists have caught up: %s", diff)
	}
}

func TestAStatusOnDemandHasTheVendorsBody(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	for _, test := range []struct {
		status int
		retry  string
		code   string
		reset  bool
	}{
		{429, "3", "E0000047", true}, {429, "", "E0000047", false}, {500, "", "E0000009", false}, {503, "9", "E0000010", false},
		{403, "", "E0000006", false},
	} {
		id := o.engine.Add(fault.Rule{Kind: fault.Status, Status: test.status, RetryAfter: test.retry, Times: 1})
		a := o.call("GET", "/api/v1/users", "")
		if p := decode[problem](t, a); a.status != test.status || p.ErrorCode != test.code {
			t.Errorf("%d %s, want %d %s", a.status, p, test.status, test.code)
		}
		if a.header.Get("Retry-After") != test.retry {
			t.Errorf("%d: Retry-After %q, want %q", test.status, a.header.Get("Retry-After"), test.retry)
		}
		if has := a.header.Get("X-Rate-Limit-Reset") != ""; has != test.reset {
			t.Errorf("%d with Retry-After %q: X-Rate-Limit-Reset is there: %v", test.status, test.retry, has)
		}
		o.engine.Remove(id)
	}
	o.must(200, "GET", "/api/v1/users", "")
}

func TestACutConnection(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	ann := o.userID("ann")
	for kind, want := range map[fault.Kind]string{fault.CutBefore: "ACTIVE", fault.CutAfter: "SUSPENDED"} {
		o.engine.Add(fault.Rule{ID: "cut", Kind: kind, Method: "POST"})
		if a, err := o.do("POST", "/api/v1/users/"+ann+"/lifecycle/suspend", ""); err == nil {
			t.Errorf("%s: answered %d", kind, a.status)
		}
		if got := o.status(ann); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		o.engine.Clear()
		if o.status(ann) == "SUSPENDED" {
			o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/unsuspend", "")
		}
	}
}

func TestLimitsAreStatedOnEveryAnswerAndEnforced(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	if a := o.must(200, "GET", "/api/v1/users", ""); a.header.Get("X-Rate-Limit-Limit") != "" {
		t.Error("a limit is stated that is not in force")
	}
	o.engine.SetLimit(oktasim.API, oktasim.BucketUsers, fault.Limit{Requests: 2, Window: time.Minute})
	headers := func(a answer) [2]string {
		return [2]string{a.header.Get("X-Rate-Limit-Limit"), a.header.Get("X-Rate-Limit-Remaining")}
	}
	var got [][2]string
	a := o.must(200, "GET", "/api/v1/users", "")
	got = append(got, headers(a))
	reset, err := strconv.ParseInt(a.header.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		t.Fatalf("the reset is in seconds: %v", err)
	}
	got = append(got, headers(o.must(400, "GET", "/api/v1/users?limit=0", "")))
	a = o.must(429, "GET", "/api/v1/users", "")
	got = append(got, headers(a))
	if diff := cmp.Diff([][2]string{{"2", "1"}, {"2", "0"}, {"2", "0"}}, got); diff != "" {
		t.Error(diff)
	}
	if p := decode[problem](t, a); p.ErrorCode != "E0000047" || a.header.Get("Retry-After") != "" {
		t.Errorf("%s, Retry-After %q", p, a.header.Get("Retry-After"))
	}
	o.must(200, "GET", "/api/v1/groups", "") // another bucket
	if diff := cmp.Diff(map[string]int{oktasim.BucketUsers: 1}, o.engine.Breaches()); diff != "" {
		t.Error(diff)
	}
	clock.add(time.Unix(reset, 0).Sub(clock.now()))
	o.must(200, "GET", "/api/v1/users", "")
}

func TestCallsFallInTheVendorsBuckets(t *testing.T) {
	t.Parallel()
	for call, want := range map[[2]string]string{
		{"GET", "/api/v1/users"}:                     oktasim.BucketUsers,
		{"POST", "/api/v1/users"}:                    oktasim.BucketUsers,
		{"GET", "/api/v1/users/00u1"}:                oktasim.BucketUser,
		{"POST", "/api/v1/users/00u1"}:               oktasim.BucketUserWrite,
		{"GET", "/api/v1/users/00u1/groups"}:         oktasim.BucketOther,
		{"GET", "/api/v1/groups"}:                    oktasim.BucketGroups,
		{"GET", "/api/v1/groups/00g1"}:               oktasim.BucketGroup,
		{"GET", "/api/v1/groups/00g1/users"}:         oktasim.BucketOther,
		{"GET", "/api/v1/apps/0oa1"}:                 oktasim.BucketApp,
		{"GET", "/api/v1/apps/0oa1/users"}:           oktasim.BucketApps,
		{"GET", "/api/v1/apps/0oa1/groups"}:          oktasim.BucketApps,
		{"GET", "/api/v1/logs"}:                      oktasim.BucketLogs,
		{"GET", "/api/v1/eventHooks"}:                oktasim.BucketOther,
		{"PUT", "/api/v1/groups/00g1/users/00u1"}:    oktasim.BucketOther,
		{"DELETE", "/api/v1/apps/0oa1/users/00u1/x"}: oktasim.BucketApps,
	} {
		r, err := http.NewRequestWithContext(t.Context(), call[0], "http://okta.invalid"+call[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := oktasim.BucketOf(r); got != want {
			t.Errorf("%s %s is in %s, want %s", call[0], call[1], got, want)
		}
		if _, published := oktasim.PublishedLimits()[want]; !published {
			t.Errorf("%s has no published limit", want)
		}
	}
}

func TestMoreCallsAtOnceThanAreAllowed(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small(), func(opts *oktasim.Options) { opts.Concurrency = 1 })
	body := &slowBody{reading: make(chan struct{}), release: make(chan struct{}), text: strings.NewReader(`{"profile":{"name":"Slow"}}`)}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/groups", body)
	r.Header.Set("Authorization", "SSWS "+token)
	r.Header.Set("Content-Type", "application/json")
	first := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		o.sim.Handler().ServeHTTP(w, r)
		first <- w.Code
	}()
	<-body.reading // the handler is at work
	a := o.call("GET", "/api/v1/users", "")
	if p := decode[problem](t, a); a.status != 429 || p.ErrorCode != "E0000047" {
		t.Errorf("%d %s", a.status, p)
	}
	if a.header.Get("X-Rate-Limit-Reset") == "" {
		t.Error("no reset is suggested")
	}
	close(body.release)
	if status := <-first; status != 200 {
		t.Errorf("the call under way: %d", status)
	}
	o.must(200, "GET", "/api/v1/users", "")
}

// slowBody is a body that says when it is first read, and comes when it is
// released.
type slowBody struct {
	reading, release chan struct{}
	once             sync.Once
	text             *strings.Reader
}

func (b *slowBody) Read(p []byte) (int, error) {
	b.once.Do(func() { close(b.reading) })
	<-b.release
	return b.text.Read(p)
}
