package activities

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// answering is a source that is only asked about single users.
type answering struct {
	directory.Source
	users  map[string]directory.User
	groups map[string][]string
	err    error
	report directory.SourceReport
	checks int
}

func (a *answering) User(_ context.Context, id string) (directory.User, error) {
	if a.err != nil {
		return directory.User{}, a.err
	}
	u, ok := a.users[id]
	if !ok {
		return directory.User{}, &directory.NotFoundError{Call: "GET user"}
	}
	return u, nil
}

func (a *answering) UserGroups(_ context.Context, id string) ([]string, error) {
	return a.groups[id], a.err
}

func (a *answering) Check(context.Context) (directory.SourceReport, error) {
	a.checks++
	return a.report, a.err
}

func ruled(t *testing.T, target rules.TargetSpec, membersOnly bool) *rules.Set {
	t.Helper()
	set, err := rules.Compile(rules.Spec{MembersOnly: membersOnly, Targets: map[string]rules.TargetSpec{"cloud": target}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// confirmWorld is an engine with a stored connection of which ada, in eng, is known.
func confirmWorld(t *testing.T) (*Activities, store.Claim, int64, map[string]int64) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := &Activities{Store: s, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
	c, err := s.EnsureConnection(t.Context(), "staff", "rules-1", "", []store.TargetSpec{{Name: "cloud", Kind: "test", Identity: "here"}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.BeginRun(t.Context(), store.RunRequest{ConnectionID: c.ID, WorkflowID: "sync/staff/1", Trigger: "hand", FullEvery: time.Hour}, now)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int64{}
	for _, name := range []string{"eng", "ops"} {
		saved, err := s.SaveGroups(t.Context(), run.Claim, []directory.Group{{SourceID: "00g-" + name, Name: name, Type: "OKTA_GROUP", Assigned: true}}, now)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = saved.IDs[0]
	}
	if err := s.DecideGroups(t.Context(), run.Claim, store.TargetDecider{ID: c.Targets["cloud"], Group: func(g directory.Group) directory.DesiredGroup {
		return directory.DesiredGroup{Name: g.Name, Rule: "same name"}
	}}); err != nil {
		t.Fatal(err)
	}
	return a, run.Claim, c.Targets["cloud"], ids
}

func TestALeaverIsLookedUpAndDecidedAnew(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	a, claim, targetID, _ := confirmWorld(t)
	active := directory.User{SourceID: "ada", Status: directory.StatusActive, Assigned: true, Login: "ada@example.com", Email: "ada@example.com"}
	as := func(status directory.Status) directory.User { u := active; u.Status = status; return u }
	ladders := rules.TargetSpec{Leavers: map[directory.Reason]directory.Ladder{
		directory.ReasonDeactivated: {{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: day}, {Action: directory.DeactivateAccount, After: 2 * day}, {Action: directory.DeleteAccount, After: 3 * day}},
		directory.ReasonSuspended:   {{Action: directory.SuspendAccount}},
		directory.ReasonDeleted:     {{Action: directory.DeactivateAccount}, {Action: directory.RemoveMember}},
	}, Can: directory.Capabilities{Steps: directory.Removals[:]}}
	for name, c := range map[string]struct {
		kind     directory.Kind
		strip    bool
		reason   directory.Reason
		user     *directory.User
		rules    rules.TargetSpec
		members  bool
		groups   []string
		confirms bool
	}{
		"somebody who is there is kept":                                      {kind: directory.SuspendAccount, reason: directory.ReasonDeactivated, user: ptr(active)},
		"somebody who left has left":                                         {kind: directory.SuspendAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusDeprovisioned)), confirms: true},
		"somebody whom the source does not know has left":                    {kind: directory.SuspendAccount, reason: directory.ReasonDeactivated, confirms: true},
		"somebody who is not there yet is kept":                              {kind: directory.SuspendAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusPending))},
		"the last step is right for who is on that ladder":                   {kind: directory.DeleteAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusDeprovisioned)), rules: ladders, confirms: true},
		"who is only suspended by now is not deleted":                        {kind: directory.DeleteAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusSuspended)), rules: ladders},
		"nor deactivated":                                                    {kind: directory.DeactivateAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusSuspended)), rules: ladders},
		"but suspended all the same":                                         {kind: directory.SuspendAccount, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusSuspended)), rules: ladders, confirms: true},
		"who is only suspended by now keeps the groups":                      {kind: directory.RemoveMember, strip: true, reason: directory.ReasonDeactivated, user: ptr(as(directory.StatusSuspended)), rules: ladders},
		"who is deleted by now has a ladder that begins with deactivating":   {kind: directory.DeactivateAccount, reason: directory.ReasonDeactivated, rules: ladders, confirms: true},
		"and loses the groups":                                               {kind: directory.RemoveMember, strip: true, reason: directory.ReasonDeactivated, rules: ladders, confirms: true},
		"and is not deleted before that ladder says so":                      {kind: directory.DeleteAccount, reason: directory.ReasonDeactivated, rules: ladders},
		"who is in no selected group is out":                                 {kind: directory.SuspendAccount, reason: directory.ReasonOutOfScope, user: ptr(active), members: true, groups: []string{"00g-unknown"}, confirms: true},
		"who is in a selected group, as the source says when asked, is kept": {kind: directory.SuspendAccount, reason: directory.ReasonOutOfScope, user: ptr(active), members: true, groups: []string{"00g-eng"}},
	} {
		t.Run(name, func(t *testing.T) {
			source := &answering{users: map[string]directory.User{}, groups: map[string][]string{"ada": c.groups}}
			if c.user != nil {
				source.users["ada"] = *c.user
			}
			connection := &Connection{Name: "staff", Source: source, Rules: ruled(t, c.rules, c.members)}
			doubt := store.Doubt{Kind: string(c.kind), Strip: c.strip, Reason: c.reason, UserSourceID: "ada", Target: "cloud", TargetID: targetID}
			got, err := a.settle(t.Context(), connection, newGroupLookUps(source), claim.ConnectionID, doubt)
			if err != nil {
				t.Fatal(err)
			}
			want := store.Settled{Doubt: doubt, Confirmed: c.confirms, User: c.user}
			if !c.confirms {
				want.Class = directory.ClassStillThere
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settled (-want +got):\n%s", diff)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestAMembershipIsLookedUpThroughWhereItsGroupsLead(t *testing.T) {
	t.Parallel()
	a, claim, targetID, groups := confirmWorld(t)
	for name, c := range map[string]struct {
		in         []string
		unselected bool
		confirms   bool
	}{
		"somebody who is in it stays":                                     {in: []string{"00g-eng"}},
		"somebody who is in another goes":                                 {in: []string{"00g-ops", "00g-unknown"}, confirms: true},
		"somebody who is in none goes":                                    {confirms: true},
		"a group that is not selected any more is left, whoever is in it": {in: []string{"00g-eng"}, unselected: true, confirms: true},
	} {
		t.Run(name, func(t *testing.T) {
			source := &answering{groups: map[string][]string{"ada": c.in}}
			doubt := store.Doubt{Kind: string(directory.RemoveMember), UserSourceID: "ada", GroupID: groups["eng"], Target: "cloud", TargetID: targetID, Unselected: c.unselected}
			got, err := a.settle(t.Context(), &Connection{Source: source}, newGroupLookUps(source), claim.ConnectionID, doubt)
			if err != nil || got.Confirmed != c.confirms {
				t.Fatalf("confirmed %v, want %v: %v", got.Confirmed, c.confirms, err)
			}
			if !c.confirms {
				if diff := cmp.Diff([]int64{groups["eng"]}, got.In); diff != "" {
					t.Errorf("groups that speak for it (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestWhoCannotBeLookedUpIsNotSettled(t *testing.T) {
	t.Parallel()
	a, claim, targetID, _ := confirmWorld(t)
	source := &answering{err: &directory.AuthError{Call: "GET user", Status: 403}}
	for _, kind := range []directory.Kind{directory.SuspendAccount, directory.RemoveMember} {
		doubt := store.Doubt{Kind: string(kind), UserSourceID: "ada", Target: "cloud", TargetID: targetID}
		if s, err := a.settle(t.Context(), &Connection{Source: source, Rules: ruled(t, rules.TargetSpec{}, false)}, newGroupLookUps(source), claim.ConnectionID, doubt); err == nil || s.Confirmed {
			t.Errorf("%s: settled %+v", kind, s)
		}
	}
}

func TestASourceIsAskedOnceWhichOrganisationItIs(t *testing.T) {
	t.Parallel()
	a, claim, _, _ := confirmWorld(t)
	now := a.Now()
	a.Now = func() time.Time { return now }
	source := &answering{report: directory.SourceReport{Identity: "acme.okta.com"}}
	c := &Connection{Name: "staff", Source: source}
	for range 3 {
		if err := a.sameSource(t.Context(), c, claim); err != nil {
			t.Fatal(err)
		}
	}
	if source.checks != 1 {
		t.Errorf("asked %d times, want once", source.checks)
	}
	source.report.Identity = "other.okta.com"
	now = now.Add(identityFor)
	for range 2 {
		if err := a.sameSource(t.Context(), c, claim); directory.ClassOf(err) == "" || !strings.Contains(err.Error(), string(classSourceChanged)) {
			t.Fatalf("another organisation: %v", err)
		}
	}
	notes, err := a.Store.Notes(t.Context(), claim.RunID)
	if err != nil || len(notes) != 1 || notes[0].Code != "source-changed" {
		t.Errorf("notes %+v: %v", notes, err)
	}
}

func TestAnotherOrganisationConfirmsNoRemoval(t *testing.T) {
	t.Parallel()
	a, claim, targetID, _ := confirmWorld(t)
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	saved, err := a.Store.SaveUsers(ctx, claim, []directory.User{{SourceID: "ada", Status: directory.StatusDeprovisioned, Assigned: true, Email: "ada@example.com"}}, a.Now())
	ok(err)
	ada := saved.IDs[0]
	_, err = a.Store.LinkAccounts(ctx, claim, targetID, "here", []store.Outcome{{UserID: ada, Origin: store.Adopted, Account: &directory.Account{ID: "acc-1", Email: "ada@example.com", Status: directory.AccountActive, Managed: true}}}, a.Now())
	ok(err)
	set := ruled(t, rules.TargetSpec{}, false)
	source := &answering{report: directory.SourceReport{Identity: "other.okta.com"}}
	c := &Connection{Name: "staff", Source: source, Rules: set}
	decider := c.Decider(&Target{Name: "cloud"}, targetID)
	ok(a.Store.DecideSubjects(ctx, claim, []store.TargetDecider{decider}, []int64{ada}, nil, store.Want{}, a.Now()))
	_, err = a.Store.PlanTarget(ctx, claim, targetID, true)
	ok(err)
	verdict, err := a.Store.Guard(ctx, claim, targetID, store.Limits{Share: 1, Count: 5, Always: 5, Window: time.Hour, Confirm: true}, a.Now())
	ok(err)
	if verdict.Doubted != 1 {
		t.Fatalf("verdict %+v, want one removal to be looked up", verdict)
	}
	ok(a.Store.LearnSource(ctx, claim.ConnectionID, "acme.okta.com"))
	if result, err := a.lookUpDoubts(ctx, c, claim, targetID); err == nil || !strings.Contains(err.Error(), string(classSourceChanged)) || result.Confirmed != 0 {
		t.Errorf("looked up: %+v, %v", result, err)
	}
	doubts, err := a.Store.Doubts(ctx, claim.RunID, targetID, 10)
	if err != nil || len(doubts) != 1 {
		t.Errorf("doubts left %+v: %v", doubts, err)
	}
}

func TestWhatRequestsTakeAwayIsLookedUp(t *testing.T) {
	t.Parallel()
	for kind, confirm := range map[store.RequestKind]bool{
		store.RequestUser: false, store.RequestGroup: true, store.RequestUsers: true, store.RequestApproval: true, store.RequestUndo: true,
	} {
		r := &requested{request: store.Request{Kind: kind, Subject: 3}}
		r.c = &Connection{Source: &answering{}}
		if got := r.guardLimits(&Target{}).Confirm; got != confirm {
			t.Errorf("%s: looked up %v, want %v", kind, got, confirm)
		}
	}
}

func TestAListThatIsRefusedIsExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"what the source does not know":        {&directory.NotFoundError{Call: "GET list"}, []string{"source-not-found"}},
		"a list that is refused as not there":  {&directory.RefusedError{Call: "GET list", Status: 404, Code: "E0000007"}, []string{"source-not-found"}},
		"a credential that is refused":         {&directory.AuthError{Call: "GET list", Status: 401}, []string{"source-refused"}},
		"an outage is no matter of the set-up": {&directory.UnavailableError{Call: "GET list"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, claim, _, _ := confirmWorld(t)
			if got := a.noteRefusal(t.Context(), claim, "users", c.err); directory.ClassOf(got) != directory.ClassOf(c.err) {
				t.Errorf("error %v, want one of the class of %v", got, c.err)
			}
			notes, err := a.Store.Notes(t.Context(), claim.RunID)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, n := range notes {
				codes = append(codes, n.Code)
			}
			if diff := cmp.Diff(c.want, codes, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsHeldIsExplainedByKindReasonAndRule(t *testing.T) {
	t.Parallel()
	limits := store.Limits{Share: 0.05, Count: 100, Always: 5, Window: 24 * time.Hour, Quarantine: true}
	text := heldText("staff", 7, limits, store.Verdict{Held: 12, Reasons: []store.HoldReason{
		{Kind: "account.suspend", Class: "everybody", Rule: "not in scope", Count: 10}, {Kind: "membership.remove", Class: "over-limit", Rule: "not a member in the source", Count: 2}}})
	for _, want := range []string{"12 changes are held", "10 × account.suspend (rule: not in scope)", "a rule matches nobody", "5% of the linked accounts, at most 100", "rollcall approve 7", "rollcall quarantine release staff"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in: %s", want, text)
		}
	}
	for _, class := range []directory.Class{directory.ClassOverLimit, directory.ClassEverybody, directory.ClassWholeGroup, directory.ClassQuarantine, directory.ClassSourceShort, directory.ClassRecreate} {
		if why := whyHeld(class, limits, directory.SuspendAccount); why == string(class) {
			t.Errorf("%s is not said in words", class)
		}
	}
}
