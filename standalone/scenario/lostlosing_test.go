package scenario

import (
	"slices"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// losing is a scenario over every kind in which a deed is done and taken back.
type losing struct {
	unheard
	deed
	cast
	// byHand is what somebody else did meanwhile, by kind.
	byHand map[string]compare.Difference
}

func newLosing(t *testing.T, d deed, database string) *losing {
	t.Helper()
	l := &losing{deed: d, byHand: map[string]compare.Difference{}}
	l.scenario = newScenario(t, settings{People: 12, Groups: 3, Memberships: 1, Uniform: true, Targets: sandbox.Kinds(), Database: database,
		Now: l.now}).start()
	l.cast = castOf(l.scenario)
	if d.first != nil {
		d.first(l)
	}
	l.Box.Mark()
	if !d.fresh {
		l.wantOutcome(l.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		l.wantEach()
	}
	if d.before != nil {
		d.before(l)
		l.Box.Mark()
		l.comesRight()
	}
	l.Box.Engine.ResetCalls()
	if d.does != nil {
		d.does(l)
		l.Box.Mark()
	}
	return l
}

// begins starts the run that does the deed.
func (l *losing) begins() client.WorkflowRun {
	l.Helper()
	if !l.alone {
		run, err := l.begin(l.Context(), workflows.SyncInput{AllowRemovals: true})
		l.no(err)
		return run
	}
	connection, err := l.Worker.Store.ConnectionID(l.Context(), l.Name)
	l.no(err)
	id, err := l.Worker.Store.AddRequest(l.Context(), store.Request{ConnectionID: connection, Kind: store.RequestUser, Name: l.of(l)}, l.now())
	l.no(err)
	l.no(temporal.NewEntities(l.Worker.Client).Subjects(l.Context(), l.Name, id, "hand"))
	return l.Worker.Client.GetWorkflow(l.Context(), workflows.SubjectsID(l.Name, id), "")
}

// comesRight plays runs until every target equals the source, which takes four
// at most, and one more has nothing to do.
func (l *losing) comesRight() {
	l.Helper()
	for range 5 {
		before := l.done()
		if l.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true}); len(l.wrong()) == 0 && l.done() == before {
			return
		}
	}
	wrong := l.wrong()
	for kind, differences := range wrong {
		for _, d := range differences {
			l.Errorf("%s did not come right by itself: %s", kind, d)
		}
	}
	if len(wrong) == 0 {
		l.Error("every target equals the source, and the runs go on doing something")
	}
}

// done is how much has been done in all targets.
func (l *losing) done() int {
	var n int
	for _, kind := range l.kinds() {
		for _, times := range l.Box.Applied(kind) {
			n += times
		}
	}
	return n
}

// wrong are the kinds that differ from the source, but for what was done by hand.
func (l *losing) wrong() map[string][]compare.Difference {
	found := map[string][]compare.Difference{}
	for kind, report := range l.differing() {
		for _, d := range report.Differences {
			hand := l.byHand[kind]
			if d.Kind == compare.MemberExtra && d.AccountID == hand.AccountID && d.TargetGroup == hand.TargetGroup {
				continue
			}
			found[kind] = append(found[kind], d)
		}
	}
	return found
}

// meddle puts somebody in a group by hand, as an administrator does: whom no run
// was about to put there. It is nothing where the first run came to no end.
func (l *losing) meddle() {
	l.Helper()
	if l.fresh {
		return // there may be nobody to put anywhere
	}
	connections, err := app.Connections(l.Config, nil)
	l.no(err)
	for _, target := range connections[l.Name].Targets {
		state := l.Box.TargetState(target.Kind)
		account, group := accountOf(state, l.bystander), groupNamed(state, l.bystandersGroup)
		if account.ID == "" || group.ID == "" {
			l.Fatalf("%s: who is put in a group by hand has the account %q and the group %q", target.Kind, account.ID, group.ID)
		}
		if slices.Contains(group.Members, account.ID) {
			l.Fatalf("%s: who is put in a group by hand is in it", target.Kind)
		}
		l.no(target.AddMember(l.Context(), group.ID, account.ID))
		l.byHand[target.Kind] = compare.Difference{AccountID: account.ID, TargetGroup: group.ID}
	}
}

func accountOf(s roster.Snapshot, email string) roster.Account {
	at := slices.IndexFunc(s.Accounts, func(a roster.Account) bool {
		return strings.EqualFold(a.Email, email) || strings.EqualFold(a.UserName, email)
	})
	if at < 0 {
		return roster.Account{}
	}
	return s.Accounts[at]
}

func groupNamed(s roster.Snapshot, name string) roster.GroupMembers {
	at := slices.IndexFunc(s.Groups, func(g roster.GroupMembers) bool { return strings.EqualFold(g.Name, name) })
	if at < 0 {
		return roster.GroupMembers{}
	}
	return s.Groups[at]
}

func isMember(s roster.Snapshot, groupID, accountID string) bool {
	return slices.ContainsFunc(s.Groups, func(g roster.GroupMembers) bool {
		return g.ID == groupID && slices.Contains(g.Members, accountID)
	})
}
