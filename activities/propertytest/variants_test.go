package propertytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// varied is small in a variant.
func varied(v targetmemory.Variant, names ...string) organisation {
	o := small(names...)
	o.variant = v
	o.narrow()
	return o
}

// leaves makes somebody a leaver and runs.
func (e *engine) leaves(t *testing.T, p person) []string {
	t.Helper()
	user := p.user()
	user.Status = directory.StatusDeprovisioned
	e.source.SetUser(user)
	return e.run(t)
}

func wantLines(t *testing.T, lines []string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("want %q among\n%s", line, strings.Join(lines, "\n"))
		}
	}
}

// notes are what was done beside the changes of the last run of a kind.
func (e *engine) notes(t *testing.T, runID int64, kind directory.Kind) []string {
	t.Helper()
	changes, err := e.changes(runID)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, c := range changes {
		if c.Kind == string(kind) {
			notes = append(notes, c.State+": "+c.Note)
		}
	}
	return notes
}

func (e *engine) lastRun(t *testing.T) int64 {
	t.Helper()
	runs, err := e.store.Runs(t.Context(), "", 1)
	if err != nil || len(runs) == 0 {
		t.Fatalf("runs: %v, %v", runs, err)
	}
	return runs[0].ID
}

func TestWhereNoAccountsAreMadePeopleAreAdoptedOnceTheyHaveOne(t *testing.T) {
	t.Parallel()
	for _, variant := range []targetmemory.Variant{targetmemory.Adopting, targetmemory.Grouping} {
		t.Run(string(variant), func(t *testing.T) {
			t.Parallel()
			o := varied(variant, "ada", "bob")
			o.resides = []resident{{Email: addressOf("bob")}}
			over(t, o, func(t *testing.T, e *engine) {
				for range 2 {
					wantLines(t, e.run(t), "account.create ada@example.com skipped unsupported")
					same(t, "members", e.members("Engineering"), []string{addressOf("bob")})
				}
				if writes := e.target.Writes(); slices.ContainsFunc(writes, func(w targetmemory.Write) bool { return w.Call == "CreateAccounts" }) {
					t.Errorf("an account was asked for: %+v", writes)
				}
				o.signUp(e, o.people[0])
				wantLines(t, e.run(t), "account.create ada@example.com applied")
				same(t, "members", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob")})
				for _, ran := range e.ranged(t) {
					for item, err := range e.store.UndoPreview(t.Context(), ran, nil) {
						if err != nil {
							t.Fatal(err)
						}
						if item.Kind == directory.CreateAccount && item.Class != directory.ClassIrreversible {
							t.Errorf("that an account was found would be taken back: %+v", item)
						}
					}
				}
				same(t, "the next run", e.run(t), []string{})
			})
		})
	}
}

// ranged are the runs so far that were not dry.
func (e *engine) ranged(t *testing.T) []int64 {
	t.Helper()
	runs, err := e.store.Runs(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, r := range runs {
		if !r.DryRun {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func TestWhereNobodyIsSuspendedAnUndoDeactivates(t *testing.T) {
	t.Parallel()
	over(t, varied(targetmemory.Blocking, "ada", "bob"), func(t *testing.T, e *engine) {
		e.run(t)
		if _, err := e.undo(e.lastRun(t)); err != nil {
			t.Fatal(err)
		}
		if err := e.approve(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ada", "bob"} {
			if a, _ := accountOf(e, addressOf(name)); a.Status != directory.AccountDeactivated {
				t.Errorf("the account of %s is %q", name, a.Status)
			}
		}
		same(t, "the next run", e.run(t), []string{})
	})
}

func TestWhereAccessHangsOnGroupsALeaverIsOutOfThoseAndBackInThemLater(t *testing.T) {
	t.Parallel()
	o := varied(targetmemory.AccessTaking, "ada", "bob", "cyd")
	o.groups = []team{{"Engineering"}, {"Support"}}
	for i := range o.people {
		o.people[i].Groups = []int{0, 1}
	}
	over(t, o, func(t *testing.T, e *engine) {
		e.run(t)
		wantLines(t, e.leaves(t, o.people[0]), "account.suspend ada@example.com applied")
		same(t, "the group that gives access", e.members("Engineering"), []string{addressOf("bob"), addressOf("cyd")})
		same(t, "another group", e.members("Support"), []string{addressOf("ada"), addressOf("bob"), addressOf("cyd")})
		same(t, "the next run", e.run(t), []string{})
		e.source.SetUser(o.people[0].user())
		wantLines(t, e.run(t), "account.restore ada@example.com applied", "membership.add ada@example.com Engineering applied")
		same(t, "the group that gives access, later", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob"), addressOf("cyd")})
	})
}

func TestWhatALeaverLeadsIsHandedOverAndKeptWithTheChange(t *testing.T) {
	t.Parallel()
	refused := &directory.RefusedError{Call: "HandOver", Status: 400, Code: "no"}
	outage := &directory.UnavailableError{Call: "HandOver", Status: 503, Ambiguous: true}
	tests := []struct {
		name    string
		ladder  directory.Ladder
		failure targetmemory.Failure
		once    bool
		nothing bool
		kind    directory.Kind
		notes   []string
	}{
		{name: "before suspending", ladder: directory.Suspend(), kind: directory.SuspendAccount,
			notes: []string{"applied: handed over: component 7, project ABC"}},
		{name: "before deactivating", ladder: directory.Ladder{{Action: directory.DeactivateAccount}}, kind: directory.DeactivateAccount,
			notes: []string{"applied: handed over: component 7, project ABC"}},
		{name: "a hand-over that is refused keeps nobody in", ladder: directory.Suspend(), failure: targetmemory.Failure{Before: refused}, nothing: true,
			kind: directory.SuspendAccount, notes: []string{"applied: not handed over: refused"}},
		{name: "unless the product itself does not let them go", ladder: directory.Suspend(), failure: targetmemory.Failure{Before: refused},
			kind: directory.SuspendAccount, notes: []string{"refused: not handed over: refused"}},
		{name: "one that was cut off is tried again", ladder: directory.Suspend(), failure: targetmemory.Failure{Before: outage}, once: true,
			kind: directory.SuspendAccount, notes: []string{"applied: handed over: component 7, project ABC"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := varied(targetmemory.LeadKeeping, "ada", "bob", "cyd")
			o.ladder, o.resides = test.ladder, []resident{{Email: addressOf("heir")}}
			over(t, o, func(t *testing.T, e *engine) {
				e.run(t)
				ada, _ := accountOf(e, addressOf("ada"))
				if !test.nothing {
					e.target.SeedLead("project ABC", ada.ID)
					e.target.SeedLead("component 7", ada.ID)
				}
				asked := 0
				e.target.Fail(func(call string, _ bool) targetmemory.Failure {
					if call != "HandOver" {
						return targetmemory.Failure{}
					}
					if asked++; test.once && asked > 1 {
						return targetmemory.Failure{}
					}
					return test.failure
				})
				e.leaves(t, o.people[0])
				same(t, "what is kept with the change", e.notes(t, e.lastRun(t), test.kind), test.notes)
				if a, _ := accountOf(e, addressOf("ada")); (a.Status == directory.AccountActive) != strings.HasPrefix(test.notes[0], "refused") {
					t.Errorf("the account is %s", a.Status)
				}
			})
		})
	}
}

func TestWhereNoAddressIsToldPeopleAreKnownByTheirUserNames(t *testing.T) {
	t.Parallel()
	o := varied(targetmemory.Nameless, "ada", "bob")
	o.resides = []resident{{Email: addressOf("unknown"), UserName: "ADA"}}
	over(t, o, func(t *testing.T, e *engine) {
		wantLines(t, e.run(t), "account.create ada@example.com applied", "account.create bob@example.com applied")
		same(t, "addresses", e.addresses(), []string{addressOf("ada"), addressOf("bob")})
		if updates := slices.DeleteFunc(e.target.Writes(), func(w targetmemory.Write) bool { return w.Call != "UpdateAccount" }); len(updates) != 1 {
			t.Errorf("the address of the one who was there is written once, not %+v", updates)
		}
		for range 2 {
			same(t, "the next run", e.run(t), []string{})
		}
		user := o.people[1].user()
		user.DisplayName, user.Login = "Robert", "robert"
		e.source.SetUser(user)
		wantLines(t, e.run(t), "account.update bob@example.com applied")
		want := directory.Account{ID: "account-3", UserName: "bob", Email: addressOf("bob"), DisplayName: "Robert", Managed: true, Status: directory.AccountActive}
		found, _ := accountOf(e, addressOf("bob"))
		found.Attributes, want.ID = nil, found.ID
		same(t, "the account, whose user name stays", found, want)
		same(t, "the next run", e.run(t), []string{})
	})
}
