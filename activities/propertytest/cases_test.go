package propertytest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// small is an organisation of people who are all active and in one group.
func small(names ...string) organisation {
	o := organisation{pageSize: 5, mode: directory.Additive, linkBy: []string{"email"}, ladder: directory.Suspend(), groups: []team{{"Engineering"}}}
	for _, name := range names {
		o.people = append(o.people, person{Name: name, Email: addressOf(name), Status: directory.StatusActive, Groups: []int{0}})
	}
	return o
}

// over runs a test over an engine.
func over(t *testing.T, o organisation, do func(t *testing.T, e *engine)) {
	t.Helper()
	if err := with(t, o, direct, func(e *engine) error { do(t, e); return nil }); err != nil {
		t.Fatal(err)
	}
}

// run runs once and returns what became of each change, sorted.
func (e *engine) run(t *testing.T) []string {
	t.Helper()
	e.target.Forget()
	result, err := e.sync(false)
	if err != nil {
		t.Fatalf("%v\n%s", err, &e.log)
	}
	changes, err := e.changes(result.RunID)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = strings.Join(strings.Fields(strings.Join([]string{c.Kind, c.User, c.Group, c.State, c.Class}, " ")), " ")
	}
	slices.Sort(lines)
	return lines
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// addresses are the addresses of the active accounts, in the order of creation.
func (e *engine) addresses() []string {
	var found []string
	for _, a := range e.target.State().Accounts {
		if a.Status == directory.AccountActive {
			found = append(found, a.Email)
		}
	}
	return found
}

// members are the addresses in a group, by its name.
func (e *engine) members(name string) []string {
	state := e.target.State()
	found := []string{}
	for _, g := range state.Groups {
		if g.Name != name {
			continue
		}
		for _, id := range g.Members {
			for _, a := range state.Accounts {
				if a.ID == id {
					found = append(found, a.Email)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func (e *engine) calls(name string) int {
	n := 0
	for _, w := range e.target.Writes() {
		if w.Call == name {
			n++
		}
	}
	return n
}

func TestWhoFindsNoLicenceWaitsAndIsFirstWhenOneIsFree(t *testing.T) {
	t.Parallel()
	o := small("ada", "bob", "cyd", "dee")
	o.seats = 1
	over(t, o, func(t *testing.T, e *engine) {
		lines := e.run(t)
		waiting := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasSuffix(line, "waiting no-seat") })
		if len(waiting) != 3 || len(e.addresses()) != 1 {
			t.Fatalf("accounts %v after\n%s", e.addresses(), strings.Join(lines, "\n"))
		}
		if n := e.calls("CreateAccounts"); n != 2 {
			t.Errorf("%d accounts were asked for; once one is refused for want of a licence nobody else is", n)
		}
		// Somebody new comes, and one licence is free: it is not the newcomer's.
		e.source.SetUser(person{Name: "aaa", Email: addressOf("aaa"), Status: directory.StatusActive}.user())
		e.target.SetSeats(2)
		e.run(t)
		if got := e.addresses(); len(got) != 2 || slices.Contains(got, addressOf("aaa")) {
			t.Errorf("active are %v; want one of those who waited, and not the newcomer", got)
		}
		e.target.SetSeats(0)
		e.run(t)
		if got := e.addresses(); len(got) != 5 {
			t.Errorf("active are %v; want all five", got)
		}
		same(t, "members", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob"), addressOf("cyd"), addressOf("dee")})
	})
}

func TestWhoComesBackWaitsForALicenceToo(t *testing.T) {
	t.Parallel()
	o := small("ada", "bob")
	o.seats, o.people[1].Status = 1, directory.StatusSuspended
	over(t, o, func(t *testing.T, e *engine) {
		e.run(t)
		away := o.people[0].user()
		away.Status = directory.StatusSuspended
		e.source.SetUser(away)
		here := o.people[1].user()
		here.Status = directory.StatusActive
		e.source.SetUser(here)
		e.run(t)
		same(t, "active, when the other has left", e.addresses(), []string{addressOf("bob")})
		e.source.SetUser(o.people[0].user())
		if lines := e.run(t); !slices.Contains(lines, "account.restore ada@example.com waiting no-seat") {
			t.Errorf("who comes back does not wait:\n%s", strings.Join(lines, "\n"))
		}
		e.target.SetSeats(2)
		e.run(t)
		same(t, "active, with a licence more", e.addresses(), []string{addressOf("ada"), addressOf("bob")})
		same(t, "the next run", e.run(t), []string{})
	})
}

func TestAnAccountIsFoundByTheConfiguredAttributesInTheirOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		linkBy  []string
		resides []resident
		state   string
		emails  []string
	}{
		{"by the user name, whatever its address", []string{"user_name", "email"}, []resident{{Email: addressOf("old"), UserName: "ADA"}},
			"account.create ada@example.com applied", []string{addressOf("ada")}},
		{"by the address when no user name is hers", []string{"user_name", "email"}, []resident{{Email: "Ada@Example.com", UserName: "somebody"}},
			"account.create ada@example.com applied", []string{"Ada@Example.com"}},
		{"the first attribute that finds anybody decides", []string{"user_name", "email"},
			[]resident{{Email: addressOf("old"), UserName: "ada"}, {Email: addressOf("unused"), UserName: "other"}},
			"account.create ada@example.com applied", []string{addressOf("ada"), addressOf("unused")}},
		{"two of that user name: nobody guesses", []string{"user_name", "email"}, []resident{{Email: addressOf("one"), UserName: "ada"}, {Email: addressOf("two"), UserName: "ada"}},
			"account.create ada@example.com refused ambiguous", []string{addressOf("one"), addressOf("two")}},
		{"an address in the way of a new account, where addresses do not decide", []string{"user_name"}, []resident{{Email: addressOf("ada"), UserName: "somebody"}},
			"account.create ada@example.com refused conflict", []string{addressOf("ada")}},
		{"nobody: a new one", []string{"user_name"}, nil, "account.create ada@example.com applied", []string{addressOf("ada")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := small("ada")
			o.linkBy, o.resides, o.attributes = test.linkBy, test.resides, map[string]string{"user_name": "user.login"}
			over(t, o, func(t *testing.T, e *engine) {
				if lines := e.run(t); !slices.Contains(lines, test.state) {
					t.Errorf("want %q among\n%s", test.state, strings.Join(lines, "\n"))
				}
				same(t, "accounts", e.addresses(), test.emails)
			})
		})
	}
}

func TestAChangedAddressOrUserNameIsWrittenToTheLinkedAccount(t *testing.T) {
	t.Parallel()
	o := small("ada")
	o.attributes = map[string]string{"user_name": "user.login", "job_title": "user.profile.title"}
	over(t, o, func(t *testing.T, e *engine) {
		e.run(t)
		user := o.people[0].user()
		user.Login, user.Email, user.Attributes = "countess", addressOf("lovelace"), map[string]any{"title": "Countess"}
		e.source.SetUser(user)
		e.run(t)
		want := directory.Account{ID: "account-2", UserName: "countess", Email: addressOf("lovelace"), DisplayName: "ada Example", Managed: true,
			Status: directory.AccountActive, Attributes: map[string]string{"job_title": "Countess"}}
		same(t, "accounts", e.target.State().Accounts, []directory.Account{want})
		user.Attributes["title"] = ""
		e.source.SetUser(user)
		e.run(t)
		if a := e.target.State().Accounts[0]; len(a.Attributes) != 0 {
			t.Errorf("an empty value did not clear: %v", a.Attributes)
		}
		same(t, "the next run", e.run(t), []string{})
	})
}

func TestARenamedGroupIsFollowedByItsIDWhereTheTargetRenames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		noRenames bool
		want      string
	}{"it renames": {false, "Platform"}, "it does not": {true, "Engineering"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := small("ada")
			o.noRenames = test.noRenames
			over(t, o, func(t *testing.T, e *engine) {
				e.run(t)
				e.source.SetGroup(directory.Group{SourceID: groupID(0), Name: "Platform", Assigned: true})
				e.run(t)
				groups := e.target.State().Groups
				if len(groups) != 1 || groups[0].Name != test.want || len(groups[0].Members) != 1 {
					t.Errorf("groups are %+v, want one called %s with its member", groups, test.want)
				}
			})
		})
	}
}

func TestOnlyAnAuthoritativeGroupLosesMembersWhomNoLinkKnows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode directory.GroupMode
		want []string
	}{
		"authoritative": {directory.Authoritative, []string{addressOf("ada"), addressOf("root"), addressOf("synced")}},
		"additive":      {directory.Additive, []string{addressOf("ada"), addressOf("root"), addressOf("stranger"), addressOf("synced")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := small("ada")
			o.mode, o.adopt = test.mode, []string{"Engineering"}
			o.resides = []resident{{Email: addressOf("stranger")}, {Email: addressOf("root"), Admin: true}, {Email: addressOf("synced"), ReadOnly: true}}
			o.halls = []hall{{Name: "Engineering", Members: []int{0, 1, 2}}}
			over(t, o, func(t *testing.T, e *engine) {
				e.run(t) // the group becomes ours; who is in it is read next time
				e.run(t)
				same(t, "members", e.members("Engineering"), test.want)
				if n := len(e.target.State().Accounts); n != 4 {
					t.Errorf("there are %d accounts, want four: no account is touched", n)
				}
			})
		})
	}
}

func TestALadderIsClimbedAndTakenBack(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	o := small("ada", "bob")
	o.ladder = directory.Ladder{{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: day},
		{Action: directory.DeactivateAccount, After: 2 * day}, {Action: directory.DeleteAccount, After: 3 * day}}
	statuses := []directory.AccountStatus{directory.AccountSuspended, directory.AccountSuspended, directory.AccountDeactivated}
	for steps := range 4 {
		t.Run([]string{"after suspending", "after removing groups", "after deactivating", "after deleting"}[steps], func(t *testing.T) {
			t.Parallel()
			over(t, o, func(t *testing.T, e *engine) {
				e.run(t)
				user := o.people[0].user()
				user.Status = directory.StatusDeprovisioned
				e.source.SetUser(user)
				e.run(t)
				for range steps {
					e.leap(day + time.Minute)
					e.climb(t)
					e.run(t)
				}
				account, there := accountOf(e, addressOf("ada"))
				switch {
				case steps == 3 && there:
					t.Errorf("the account is still %s", account.Status)
				case steps < 3 && account.Status != statuses[steps]:
					t.Errorf("the account is %q, want %s", account.Status, statuses[steps])
				}
				user.Status = directory.StatusActive
				e.source.SetUser(user)
				e.run(t)
				if account, _ := accountOf(e, addressOf("ada")); account.Status != directory.AccountActive {
					t.Errorf("who came back is %q", account.Status)
				}
				same(t, "members", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob")})
				same(t, "the next run", e.run(t), []string{})
			})
		})
	}
}

func accountOf(e *engine, email string) (directory.Account, bool) {
	for _, a := range e.target.State().Accounts {
		if a.Email == email {
			return a, true
		}
	}
	return directory.Account{}, false
}

// climb takes the steps that are due, as a leaver's workflow does.
func (e *engine) climb(t *testing.T) {
	t.Helper()
	due, err := e.store.DueLeavers(t.Context(), e.now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaver := range due {
		if _, err := e.store.LeaverStep(t.Context(), leaver.Connection, leaver.UserID, store.Request{Kind: store.RequestUsers, Name: "leaver"}, e.now()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAGroupThatCannotBeRenamedIsReplacedOnceAPersonHasApproved(t *testing.T) {
	t.Parallel()
	o := small("ada", "bob")
	o.noRenames, o.recreates = true, true
	over(t, o, func(t *testing.T, e *engine) {
		e.run(t)
		old := e.target.State().Groups[0]
		e.source.SetGroup(directory.Group{SourceID: groupID(0), Name: "Platform", Assigned: true})
		if lines := e.run(t); !slices.Contains(lines, "group.replace Platform held would-recreate") {
			t.Fatalf("the replacement is not held:\n%s", strings.Join(lines, "\n"))
		}
		same(t, "groups while it is held", e.target.State().Groups, []targetmemory.Group{old})
		if err := e.approve(); err != nil {
			t.Fatalf("%v\n%s", err, &e.log)
		}
		same(t, "the old group, once it is approved", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob")})
		e.run(t)
		same(t, "the new group", e.members("Platform"), []string{addressOf("ada"), addressOf("bob")})
		same(t, "the old group, in the end", e.members("Engineering"), []string{})
		if groups := e.target.State().Groups; len(groups) != 2 || groups[0].ID != old.ID {
			t.Errorf("groups are %+v; the old one stays", groups)
		}
		same(t, "the next run", e.run(t), []string{})
	})
}
