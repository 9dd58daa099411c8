package oktasim_test

import (
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// clock is a clock that a test moves; each look at it is a millisecond later,
// so that every change has a time of its own.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) use(o *oktasim.Options) { o.Now = c.now }

func (o *org) status(id string) string {
	o.t.Helper()
	return decode[object](o.t, o.must(200, "GET", "/api/v1/users/"+id, "")).Status
}

func TestTheLifecycleOfAUser(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	create := func(login, query, credentials string) string {
		body := fmt.Sprintf(`{"profile":{"login":%q,"email":%q,"firstName":"N","lastName":"M"}%s}`, login, login, credentials)
		return decode[object](t, o.must(200, "POST", "/api/v1/users"+query, body)).ID
	}
	password := `,"credentials":{"password":{"value":"correct horse"}}`
	staged := create("staged@acme.example", "?activate=false", "")
	provisioned := create("provisioned@acme.example", "", "")
	active := create("active@acme.example", "?activate=true", password)
	for id, want := range map[string]string{staged: people.Staged, provisioned: people.Provisioned, active: people.Active} {
		if got := o.status(id); got != want {
			t.Errorf("created as %s, want %s", got, want)
		}
	}
	life := func(id, verb, want string) {
		t.Helper()
		o.must(200, "POST", "/api/v1/users/"+id+"/lifecycle/"+verb, "")
		if got := o.status(id); got != want {
			t.Errorf("after %s: %s, want %s", verb, got, want)
		}
	}
	life(staged, "activate", people.Provisioned)
	life(staged, "reactivate", people.Provisioned)
	if err := o.sim.SignIn(staged); err != nil || o.status(staged) != people.Active {
		t.Errorf("after the first sign-in: %v, %s", err, o.status(staged))
	}
	life(active, "suspend", people.Suspended)
	life(active, "unsuspend", people.Active)
	if err := o.sim.LockOut(active); err != nil {
		t.Fatal(err)
	}
	life(active, "unlock", people.Active)
	life(active, "deactivate", people.Deprovisioned)
	life(active, "activate", people.Provisioned)
	o.must(204, "DELETE", "/api/v1/users/"+active, "")
	if got := o.status(active); got != people.Deprovisioned {
		t.Errorf("after the first DELETE: %s", got)
	}
	o.must(204, "DELETE", "/api/v1/users/"+active, "")
	o.must(404, "GET", "/api/v1/users/"+active, "")
	o.must(404, "DELETE", "/api/v1/users/"+active, "")
	create("active@acme.example", "", "") // the login is free again
}

func TestChangesOfAProfile(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	ann := "/api/v1/users/" + o.userID("ann")
	o.must(200, "POST", ann, `{"profile":{"nickName":"Annie","lastName":"Ångström"}}`)
	got := decode[object](t, o.must(200, "GET", ann, ""))
	if got.Profile.LastName != "Ångström" || got.Profile.NickName != "Annie" || got.Profile.FirstName != "Ann" {
		t.Errorf("POST changes what is given: %+v", got.Profile)
	}
	o.must(200, "PUT", ann, `{"profile":{"login":"ann2@acme.example","email":"ann2@acme.example","firstName":"Ann","lastName":"Two"}}`)
	got = decode[object](t, o.must(200, "GET", "/api/v1/users/ann2@acme.example", ""))
	if got.Profile.LastName != "Two" || got.Profile.NickName != "" {
		t.Errorf("PUT deletes what is not given: %+v", got.Profile)
	}
	o.must(404, "GET", "/api/v1/users/ann@acme.example", "")
}

func TestTimesOfChangeMoveAsTheVendorsDo(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	ann, engineers := o.userID("ann"), o.groupID("Engineers")
	times := func() [3]string {
		u := decode[object](t, o.must(200, "GET", "/api/v1/users/"+ann, ""))
		g := decode[object](t, o.must(200, "GET", "/api/v1/groups/"+engineers, ""))
		return [3]string{u.LastUpdated, g.LastUpdated, g.LastMembershipUpdated}
	}
	for _, step := range []struct {
		name, method, path, body string
		status                   int
		moves                    [3]bool // the user's, the group's, the membership's
	}{
		{"leaving a group moves the membership's alone", "DELETE", "/api/v1/groups/" + engineers + "/users/" + ann, "", 204, [3]bool{false, false, true}},
		{"leaving again moves nothing", "DELETE", "/api/v1/groups/" + engineers + "/users/" + ann, "", 204, [3]bool{}},
		{"joining moves the membership's alone", "PUT", "/api/v1/groups/" + engineers + "/users/" + ann, "", 204, [3]bool{false, false, true}},
		{"joining again moves nothing", "PUT", "/api/v1/groups/" + engineers + "/users/" + ann, "", 204, [3]bool{}},
		{"a new name of the group moves the group's alone", "PUT", "/api/v1/groups/" + engineers, `{"profile":{"name":"Builders"}}`, 200, [3]bool{false, true, false}},
		{"a new name of the user moves the user's alone", "POST", "/api/v1/users/" + ann, `{"profile":{"lastName":"X"}}`, 200, [3]bool{true, false, false}},
		{"suspension moves the user's alone", "POST", "/api/v1/users/" + ann + "/lifecycle/suspend", "", 200, [3]bool{true, false, false}},
		{"deactivation moves the user's alone", "DELETE", "/api/v1/users/" + ann, "", 204, [3]bool{true, false, false}},
	} {
		before := times()
		o.must(step.status, step.method, step.path, step.body)
		after := times()
		var moved [3]bool
		for i := range moved {
			moved[i] = after[i] > before[i]
		}
		if moved != step.moves {
			t.Errorf("%s: moved %v, want %v", step.name, moved, step.moves)
		}
	}
	before := times()[2]
	o.must(204, "DELETE", "/api/v1/users/"+ann, "")
	if g := decode[object](t, o.must(200, "GET", "/api/v1/groups/"+engineers, "")); g.LastMembershipUpdated <= before {
		t.Error("erasing a member moves the membership's time")
	}
}

func TestGroupsAreCreatedAndDeleted(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	g := decode[object](t, o.must(200, "POST", "/api/v1/groups", `{"profile":{"name":"engineers","description":"differs in case only"}}`))
	ann := o.userID("ann")
	o.must(204, "PUT", "/api/v1/groups/"+g.ID+"/users/"+ann, "")
	o.must(204, "DELETE", "/api/v1/groups/"+g.ID, "")
	o.must(404, "GET", "/api/v1/groups/"+g.ID, "")
	groups, _ := o.list("/api/v1/users/" + ann + "/groups")
	if len(groups) != 3 {
		t.Errorf("the user is still in a group that is gone: %v", ids(groups))
	}
}

func TestTheCallLogSaysWhatWasReallyChanged(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	eve, engineers := o.userID("eve"), o.groupID("Engineers")
	o.must(204, "PUT", "/api/v1/groups/"+engineers+"/users/"+eve, "")
	o.must(204, "PUT", "/api/v1/groups/"+engineers+"/users/"+eve, "")
	o.must(200, "POST", "/api/v1/users/"+eve+"/lifecycle/suspend", "")
	o.must(400, "POST", "/api/v1/users/"+eve+"/lifecycle/suspend", "")
	want := map[string]int{"add-member:" + engineers + ":" + eve: 1, "suspend-user:" + eve: 1}
	if diff := cmp.Diff(want, o.engine.AppliedKeys()); diff != "" {
		t.Error(diff)
	}
	if n := o.engine.Counts()["PUT /api/v1/groups/{groupId}/users/{userId}"]; n != 2 {
		t.Errorf("%d calls of the route, want 2: %v", n, o.engine.Counts())
	}
}

func TestARealisticDayOfChanges(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, people.People(300, 25, 5, people.Options{}), clock.use)
	before := o.sim.State()
	since := clock.now().UTC().Format("2006-01-02T15:04:05.000Z")
	made, err := people.Change(rand.New(rand.NewSource(2)), 20, o.sim)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[people.ChangeKind]int{}
	touched := map[string]bool{}
	for _, c := range made {
		kinds[c.Kind]++
		if c.Kind != people.Move && c.Kind != people.Found {
			touched[c.UserID] = true
		}
	}
	want := map[people.ChangeKind]int{
		people.Join: 5, people.Move: 6, people.Rename: 4, people.Leave: 2,
		people.Suspend: 1, people.Unsuspend: 1, people.Found: 1,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	changed := o.filtered("/api/v1/users", "filter", `lastUpdated gt "`+since+`"`)
	found := map[string]bool{}
	for _, u := range changed {
		found[u.ID] = true
	}
	if diff := cmp.Diff(touched, found); diff != "" {
		t.Errorf("an incremental read does not find exactly who changed:\n%s", diff)
	}
	groups := o.filtered("/api/v1/groups", "filter", `lastMembershipUpdated gt "`+since+`" and type eq "OKTA_GROUP"`)
	was := map[string]string{}
	for _, g := range before.Groups {
		was[g.ID] = strings.Join(g.Members, " ")
	}
	for _, g := range groups {
		delete(was, g.ID)
	}
	for _, g := range o.sim.State().Groups {
		if members, untouched := was[g.ID]; untouched && g.Name != "Everyone" && members != strings.Join(g.Members, " ") {
			t.Errorf("the members of %s changed and its time did not", g.Name)
		}
	}
	if len(groups) == 0 || cmp.Equal(before, o.sim.State()) {
		t.Error("nothing changed")
	}
}

func TestChangesOfOneKind(t *testing.T) {
	t.Parallel()
	o := newOrg(t, people.People(50, 10, 5, people.Options{Uniform: true}))
	made, err := people.Change(rand.New(rand.NewSource(2)), 3, o.sim, people.Leave)
	if err != nil || len(made) != 3 {
		t.Fatalf("%v, %v", made, err)
	}
	for _, c := range made {
		if got := o.status(c.UserID); got != people.Deprovisioned {
			t.Errorf("%s is %s", c.UserID, got)
		}
	}
	if _, err := people.Change(rand.New(rand.NewSource(2)), 1, o.sim, "retire"); err == nil {
		t.Error("an unknown kind of change was made")
	}
	if made, err = people.Change(rand.New(rand.NewSource(2)), 100, o.sim, people.Leave); err != nil || len(made) != 47 {
		t.Errorf("everybody who can leave leaves once: %d, %v", len(made), err)
	}
}
