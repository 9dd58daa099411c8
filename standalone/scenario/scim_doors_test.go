package scenario

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

func triggerSchedule(ctx context.Context, s *scenario) error {
	return temporal.Trigger(ctx, s.Worker.Client.ScheduleClient(), s.Name)
}

// newBothDoors is a connection to Okta that is pushed as well, after its first
// run.
func newBothDoors(t *testing.T, database string) *pushed {
	t.Helper()
	p := newPushed(t, settings{People: 20, Groups: 3, Uniform: true, Database: database, Source: "also: scim"}).start()
	p.wantOutcome(p.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	p.wantEqual()
	p.Box.Mark()
	return p
}

func TestAPushNamesAndOktaConfirms(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newBothDoors(t, database)
		const email = "nova.pushed@acme.example"
		id := p.join(email, p.ownGroups()[0].ID)
		// What the push says is out of date already: Okta has the last word.
		pushed, err := p.Client.CreateUser(t.Context(), pushedAs(id, email, "Out", "Ofdate", true))
		p.no(err)
		p.eventually("the joiner is there as Okta has them", func() (bool, any) { report := p.compare(); return report.Equal(), report })
		if name := p.account(email).Name; name != "Nova Comer" {
			t.Errorf("the account is called %q", name)
		}

		p.Box.Mark()
		p.no(p.Box.Okta.DeactivateUser(id))
		p.no(p.Client.SetActive(t.Context(), pushed, false))
		p.eventually("the leaver has no access", func() (bool, any) { a := p.account(email); return a.Status == "suspended", a })
		p.wantEqual()
		p.wantNothingTwice()
	})
}

func TestADisagreementBetweenPushAndOktaIsSettledByALookUp(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newBothDoors(t, database)
		stays := p.active()[0]
		id, err := p.Client.CreateUser(t.Context(), pushedAs(stays.ID, stays.Email, stays.FirstName, stays.LastName, true))
		p.no(err)
		p.no(p.Client.SetActive(t.Context(), id, false))

		leaves := p.active()[1]
		p.no(p.Box.Okta.DeactivateUser(leaves.ID))
		_, err = p.Client.CreateUser(t.Context(), pushedAs(leaves.ID, leaves.Email, leaves.FirstName, leaves.LastName, true))
		p.no(err)

		p.eventually("who left in Okta has no access", func() (bool, any) { a := p.account(leaves.Email); return a.Status == "suspended", a })
		p.quiet()
		if a := p.account(stays.Email); a.Status != "active" {
			t.Errorf("who is active in Okta is %s, as a push said", a.Status)
		}
		p.wantEqual()
		log, err := p.Worker.Store.ScimLog(t.Context(), p.Name, store.ScimLogFilter{Object: stays.ID, Limit: 10})
		p.no(err)
		var notes []string
		for _, entry := range log {
			for _, object := range entry.Objects {
				notes = append(notes, object.Notes...)
			}
		}
		if !strings.Contains(strings.Join(notes, "\n"), "A push said inactive, the source says active") {
			t.Errorf("the log does not say why the push was not followed: %q", notes)
		}
		for _, key := range []string{"suspend:" + p.account(stays.Email).ID, "restore:" + p.account(stays.Email).ID} {
			if p.Box.Engine.AppliedKeys()[key] > 0 {
				t.Errorf("it was settled after something had been written: %s", key)
			}
		}
	})
}

// quiet waits until nothing that was pushed is left to do.
func (p *pushed) quiet() {
	p.Helper()
	p.eventually("nothing is left to do", func() (bool, any) {
		left, err := p.Worker.Store.PendingShards(p.Context(), time.Now())
		p.no(err)
		return len(left) == 0, left
	})
}

// late holds back the next answer to exactly a path, once it has been made.
type late struct {
	mu            sync.Mutex
	path          string
	held, release chan struct{}
}

func (l *late) hook(phase string, c fault.Call) {
	l.mu.Lock()
	if phase != "after" || l.path == "" || c.Path != l.path {
		l.mu.Unlock()
		return
	}
	l.path = ""
	l.mu.Unlock()
	close(l.held)
	<-l.release
}

func (l *late) hold(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.path, l.held, l.release = path, make(chan struct{}), make(chan struct{})
}

func TestAPageThatWasAskedForBeforeAPushNeverOverwritesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newBothDoors(t, database)
		answer := &late{}
		p.Box.Engine.OnCall(answer.hook)
		answer.hold("/api/v1/users")
		release := sync.OnceFunc(func() { close(answer.release) })
		t.Cleanup(release)
		run, err := p.begin(t.Context(), workflows.SyncInput{Full: true})
		p.no(err)
		select {
		case <-answer.held:
		case <-time.After(hung):
			t.Fatal("the users were not asked for")
		}
		// The page says that they are active. Now they leave, and it is pushed.
		leaver := p.active()[0]
		p.no(p.Box.Okta.DeactivateUser(leaver.ID))
		_, err = p.Client.CreateUser(t.Context(), pushedAs(leaver.ID, leaver.Email, leaver.FirstName, leaver.LastName, false))
		p.no(err)
		p.eventually("the leaver has no access", func() (bool, any) { a := p.account(leaver.Email); return a.Status == "suspended", a })
		release()
		var result workflows.SyncResult
		p.no(run.Get(t.Context(), &result))
		p.wantOutcome(result, workflows.OutcomeDone)
		if n := p.Box.Engine.AppliedKeys()["restore:"+p.account(leaver.Email).ID]; n > 0 {
			t.Errorf("an older page let a leaver in again %d times", n)
		}
		p.wantEqual()
		p.wantNothingTwice()
	})
}
