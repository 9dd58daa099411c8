package scenario

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestAJoinerAMoverAndALeaverWhoArePushedArrive(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		ids := p.joins(0, 4)
		birds, err := p.Client.CreateGroup(t.Context(), "birds", ids[:3]...)
		p.no(err)
		p.arrives("the joiners", holds([]int{0, 1, 2, 3}, map[string][]int{"birds": {0, 1, 2}}))

		_, err = p.Client.CreateGroup(t.Context(), "fish", ids[0])
		p.no(err)
		p.no(p.Client.Members(t.Context(), birds, []string{ids[3]}, []string{ids[0]}))
		p.arrives("the movers", holds([]int{0, 1, 2, 3}, map[string][]int{"birds": {1, 2, 3}, "fish": {0}}))

		p.no(p.Client.SetActive(t.Context(), ids[1], false))
		p.arrives("the leaver", holds([]int{0, 2, 3}, map[string][]int{"birds": {2, 3}, "fish": {0}}))
		if a := p.account(someone(1).Email); a.Status != "suspended" || len(a.Groups) == 0 {
			t.Errorf("the leaver is %s with %d groups, want suspended with the groups kept", a.Status, len(a.Groups))
		}
		p.no(p.Client.SetActive(t.Context(), ids[1], true))
		p.arrives("who comes back", holds([]int{0, 1, 2, 3}, map[string][]int{"birds": {1, 2, 3}, "fish": {0}}))

		p.no(p.Client.DeleteUser(t.Context(), ids[2]))
		p.arrives("who is deleted", holds([]int{0, 1, 3}, map[string][]int{"birds": {1, 3}, "fish": {0}}))
		p.joins(2, 3)
		p.arrives("who is deleted and made anew", holds([]int{0, 1, 2, 3}, map[string][]int{"birds": {1, 3}, "fish": {0}}))
		p.wantNothingTwice()

		p.eventually("every run is closed, and says what it was for", func() (bool, any) {
			runs, err := p.Worker.Store.Runs(t.Context(), p.Name, 100)
			p.no(err)
			return len(runs) > 0 && !slices.ContainsFunc(runs, func(r store.Run) bool {
				return r.Trigger != workflows.TriggerPush || r.Outcome != workflows.OutcomeDone
			}), runs
		})
	})
}

func TestATargetThatIsDownGetsWhatWasPushedWhenItIsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		ids := p.joins(0, 3)
		p.arrives("the joiners", holds([]int{0, 1, 2}, nil))
		down := trouble{"an outage", []fault.Rule{{API: "atlassian", Kind: fault.Status, Status: 503}}}
		p.disturb(down)
		p.joins(3, 12)
		_, err := p.Client.CreateGroup(t.Context(), "birds", ids...)
		p.no(err)
		p.no(p.Client.SetActive(t.Context(), ids[0], false))
		p.eventually("what could not be applied is put off", func() (bool, any) {
			items := p.inbox()
			return len(items) > 0 && !slices.ContainsFunc(items, func(i store.InboxItem) bool { return i.Class == "" }), items
		})
		p.wantDisturbed()
		p.Box.Engine.Clear()
		want := make([]int, 0, 11)
		for n := 1; n < 12; n++ {
			want = append(want, n)
		}
		p.arrives("everything", holds(want, map[string][]int{"birds": {1, 2}}))
		p.wantNothingTwice()
		p.eventually("nothing is left", func() (bool, any) { items := p.inbox(); return len(items) == 0, items })
	})
}

// inbox is what was pushed and is not applied yet.
func (p *pushed) inbox() []store.InboxItem {
	p.Helper()
	id, err := p.Worker.Store.ConnectionID(p.Context(), p.Name)
	p.no(err)
	items, err := p.Worker.Store.PendingInbox(p.Context(), id, 0, 1000)
	p.no(err)
	return items
}

func TestAnotherWorkerGoesOnWithWhatOneLeft(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		second := p.another()
		ids := p.joins(0, 2)
		p.arrives("somebody", holds([]int{0, 1}, nil))
		// Calls that do not come back hold the first worker in the middle of its work.
		p.disturb(trouble{"slow answers", []fault.Rule{{API: "atlassian", Kind: fault.Latency, Delay: fault.Duration(300 * time.Millisecond)}}})
		p.joins(2, 20)
		p.no(p.Client.SetActive(t.Context(), ids[0], false))
		second.Stop()
		p.Box.Engine.Clear()
		want := make([]int, 0, 19)
		for n := 1; n < 20; n++ {
			want = append(want, n)
		}
		p.arrives("everything", holds(want, nil))
		p.wantNothingTwice()
	})
}

func TestARunAndPushesAtOnceWriteNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		const there, joiners = 20, 40
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		ids := p.joins(0, there)
		group, err := p.Client.CreateGroup(t.Context(), "birds", ids[:10]...)
		p.no(err)
		everybody := make([]int, there)
		for n := range everybody {
			everybody[n] = n
		}
		p.arrives("everybody", holds(everybody, map[string][]int{"birds": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}))
		p.Box.Engine.ResetCalls()
		p.disturb(trouble{"a call takes a moment", []fault.Rule{{API: "atlassian", Kind: fault.Latency, Delay: fault.Duration(5 * time.Millisecond)}}})

		var pushing sync.WaitGroup
		done := make(chan struct{})
		pushing.Go(func() {
			for n := there; n < there+joiners; n++ {
				id, err := p.Client.CreateUser(t.Context(), someone(n))
				if err != nil {
					t.Error(err)
					return
				}
				if err := p.Client.Members(t.Context(), group, []string{id}, nil); err != nil {
					t.Error(err)
				}
			}
		})
		pushing.Go(func() {
			for _, id := range ids[10:13] {
				if err := p.Client.SetActive(t.Context(), id, false); err != nil {
					t.Error(err)
				}
			}
			if err := p.Client.Members(t.Context(), group, nil, ids[:2]); err != nil {
				t.Error(err)
			}
		})
		go func() { pushing.Wait(); close(done) }()
		for runs := 0; ; runs++ {
			p.sync(workflows.SyncInput{})
			select {
			case <-done:
			default:
				continue
			}
			t.Logf("%d runs beside the pushes", runs+1)
			break
		}
		p.sync(workflows.SyncInput{})
		var left, members []int
		for n := range there + joiners {
			if n < 10 || n > 12 {
				left = append(left, n)
			}
			if n >= 2 && n < 10 || n >= there {
				members = append(members, n)
			}
		}
		p.arrives("everything", holds(left, map[string][]int{"birds": members}))
		p.wantNothingTwice()
	})
}

// TestAPushArrivesSoon measures a push on its way, with five milliseconds a
// call of the target, and asks for little of a machine that is busy with other
// tests; docs/benchmarks.md has the figures of a quiet one.
func TestAPushArrivesSoon(t *testing.T) {
	t.Parallel()
	p := newPushed(t, settings{Pushed: true}).start()
	p.joins(0, 1)
	p.arrives("somebody", holds([]int{0}, nil))
	p.disturb(trouble{"a call takes a moment", []fault.Rule{{API: "atlassian", Kind: fault.Latency, Delay: fault.Duration(5 * time.Millisecond)}}})
	var took []time.Duration
	for n := 1; n <= 20; n++ {
		began := time.Now()
		p.joins(n, n+1)
		again := time.NewTicker(2 * time.Millisecond)
		for p.account(someone(n).Email).Status != "active" && time.Since(began) < 20*time.Second {
			<-again.C
		}
		again.Stop()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("median %s, worst %s", took[len(took)/2], took[len(took)-1])
	if median := took[len(took)/2]; median > 2*time.Second {
		t.Errorf("a push takes %s", median)
	}
}
