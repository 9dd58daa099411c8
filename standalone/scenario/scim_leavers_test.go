package scenario

import (
	"context"
	"hash/fnv"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
	"github.com/rollcall-sync/rollcall/workflows"
)

// changesOfPushes are the changes of all push-runs in a state.
func (p *pushed) changesOfPushes(states ...string) []store.Change {
	p.Helper()
	runs, err := p.Worker.Store.Runs(p.Context(), p.Name, 100)
	p.no(err)
	var all []store.Change
	for _, r := range runs {
		all = append(all, p.changes(r.ID, store.ChangeFilter{States: states})...)
	}
	return all
}

func TestAMassDeactivationIsAnsweredAndHeld(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		const joined, left = 40, 20
		p := newPushed(t, settings{Pushed: true, Database: database}).start()
		ids := p.joins(0, joined)
		everybody := make([]int, joined)
		for n := range everybody {
			everybody[n] = n
		}
		p.arrives("everybody", holds(everybody, nil))
		for _, id := range ids[:left] {
			p.no(p.Client.SetActive(t.Context(), id, false)) // answered 2xx, each of them
		}
		// Five in a window are never held, and 5 % of forty is less. What is decided
		// about together is admitted together or held: it may be fewer.
		const admitted = 5
		gone := 0
		p.eventually("each is suspended or held", func() (bool, any) {
			held := map[int64]bool{}
			for _, c := range p.changesOfPushes("held") {
				held[c.UserID] = true
			}
			gone = joined - len(p.target().Active)
			return len(held)+gone == left, []int{len(held), gone}
		})
		if gone > admitted {
			t.Errorf("%d were suspended, want at most %d", gone, admitted)
		}
		// Everything else goes on.
		p.joins(joined, joined+1)
		p.eventually("a joiner arrives", func() (bool, any) {
			_, there := p.target().Active[someone(joined).Email]
			return there, p.target().Active
		})
		if n := len(p.target().Active); n != joined-gone+1 {
			t.Errorf("%d have access in the end, want %d", n, joined-gone+1)
		}
	})
}

func TestALeaverOvertakesAThousandJoiners(t *testing.T) {
	t.Parallel()
	const joiners = 1000
	p := newPushed(t, settings{Pushed: true})
	p.scenario.start()
	p.serve(app.GatewayOptions{Log: p.options.Log}) // with a database of its own, as the worker will be away
	leaver := p.joins(joiners, joiners+1)[0]
	p.arrives("somebody", holds([]int{joiners}, nil))
	p.Worker.Stop()

	ids := make([]string, joiners)
	numbers := make(chan int, joiners)
	for n := range joiners {
		numbers <- n
	}
	close(numbers)
	var together sync.WaitGroup
	for range 16 {
		together.Go(func() {
			for n := range numbers {
				var err error
				if ids[n], err = p.Client.CreateUser(t.Context(), someone(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	together.Wait()
	p.no(p.Client.SetActive(t.Context(), leaver, false))
	p.Box.Engine.ResetCalls()
	p.Worker = p.another()
	p.eventually("everybody else is there", func() (bool, any) { n := len(p.target().Active); return n == joiners, n })

	shard := map[string]uint32{}
	for n, id := range ids {
		shard[someone(n).Email] = shardOf(id)
	}
	before, beside := 0, 0
	for _, call := range p.Box.Engine.Calls() {
		for _, key := range call.Keys() {
			if strings.HasPrefix(key, "suspend:") {
				t.Logf("%d joiners were there before the leaver was gone, %d of the same shard", before, beside)
				// The other shards work on their joiners at the same time; how far they
				// come is a matter of who is faster.
				if beside > 0 || before == joiners {
					t.Errorf("%d of %d joiners came before the leaver, %d of the same shard", before, joiners, beside)
				}
				return
			}
			if email, created := strings.CutPrefix(key, "create-account:"); created {
				before++
				if shard[email] == shardOf(leaver) {
					beside++
				}
			}
		}
	}
	t.Error("nobody was suspended")
}

// shardOf is whose turn an object's changes are.
func shardOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32() % store.ScimShards
}

func TestWhatWasChangedByHandIsPutRightByTheScheduleOfAPushedConnection(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Database: database, Connection: weekly}).start()
		ids := p.joins(0, 4)
		_, err := p.Client.CreateGroup(t.Context(), "staff", ids...)
		p.no(err)
		want := holds([]int{0, 1, 2, 3}, map[string][]int{"staff": {0, 1, 2, 3}})
		p.arrives("everybody", want)
		p.byHand("POST", "/users/"+p.account(someone(0).Email).ID+"/suspend", "")
		p.byHand("DELETE", "/groups/"+p.targetGroup("staff").ID+"/memberships/"+p.account(someone(1).Email).ID, "")
		p.byHand("DELETE", "/users/"+p.account(someone(2).Email).ID, "")
		if len(p.target().Active) == 4 {
			t.Fatal("nothing was changed by hand")
		}
		p.trigger()
		p.arrives("what was there before", want)
		p.eventually("the scheduled run has ended", func() (bool, any) {
			runs, err := p.Worker.Store.Runs(t.Context(), p.Name, 1)
			p.no(err)
			return len(runs) == 1 && runs[0].Trigger == temporal.TriggerSchedule && runs[0].Outcome == workflows.OutcomeDone, runs
		})
	})
}

// trigger starts the scheduled run at once.
func (p *pushed) trigger() {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), hung)
	defer cancel()
	p.no(triggerSchedule(ctx, p.scenario))
}

// pushedAs is somebody of the sandbox's Okta as Okta pushes them.
func pushedAs(id, email, given, family string, active bool) scimpush.User {
	return scimpush.User{UserName: "login." + email, Email: email, GivenName: given, FamilyName: family, ExternalID: id, Active: active}
}
