package scenario

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// pushes are four people in two groups that were pushed: birds are the first
// two, fish the third.
type pushes struct {
	*pushed
	ids         []string
	birds, fish string
}

// pushedDeed is a deed that is pushed.
type pushedDeed struct {
	name string
	// targets are the kinds that it is played in, rules lines of their YAML.
	targets      []string
	rules        string
	before       func(p *pushes)
	does, undoes func(p *pushes)
	key          string
}

func pushedDeeds() []pushedDeed {
	making := slices.DeleteFunc(sandbox.Kinds(), sandbox.Seeds)
	members := func(p *pushes, group string, in, out []string) {
		p.no(p.Client.Members(p.Context(), group, in, out))
	}
	puts := func(p *pushes) { members(p, p.birds, p.ids[3:], nil) }
	takes := func(p *pushes) { members(p, p.birds, nil, p.ids[3:]) }
	nests := func(p *pushes) { members(p, p.fish, []string{p.birds}, nil) }
	unnests := func(p *pushes) { members(p, p.fish, nil, []string{p.birds}) }
	crowd := []string{sandbox.Crowd}
	const keep = "groups: { nested: keep }"
	return []pushedDeed{
		{name: "a membership is added", targets: making, does: puts, undoes: takes, key: "add-member:"},
		{name: "a membership is removed", targets: making, before: puts, does: takes, undoes: puts, key: "remove-member:"},
		{name: "an account is made", targets: making, key: "create-account:",
			does:   func(p *pushes) { p.ids = append(p.ids, p.joins(4, 5)...) },
			undoes: func(p *pushes) { p.no(p.Client.SetActive(p.Context(), p.ids[4], false)) }},
		{name: "access is taken", targets: making,
			does:   func(p *pushes) { p.no(p.Client.SetActive(p.Context(), p.ids[0], false)) },
			undoes: func(p *pushes) { p.no(p.Client.SetActive(p.Context(), p.ids[0], true)) }},
		{name: "a group is put in another", targets: crowd, rules: keep, does: nests, undoes: unnests, key: "add-subgroup:"},
		{name: "a group is taken out of another", targets: crowd, rules: keep, before: nests, does: unnests, undoes: nests, key: "remove-subgroup:"},
	}
}

// What is pushed is tried again until it is heard of, unless it is taken back
// before.
func TestWhatWasPushedAndNotHeardOfIsTakenBackWhenTheSourceDoes(t *testing.T) {
	t.Parallel()
	sweep := os.Getenv("ROLLCALL_SWEEP") != ""
	for i, d := range pushedDeeds() {
		if !sweep && i != 4 {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			want := beside(t, func(t *testing.T) course { return undisturbedPush(t, d) })
			for k, taken := range []string{"before the next run", "after a good run"} {
				for j, status := range []int{http.StatusUnauthorized, http.StatusServiceUnavailable} {
					if !sweep && j+k > 0 {
						continue
					}
					t.Run(fmt.Sprintf("HTTP %d from then on, taken back %s", status, taken), func(t *testing.T) {
						t.Parallel()
						playLostPush(t, d, status, k > 0, want, databases[(i+j+k)%2].address(t))
					})
				}
			}
		})
	}
}

func newPushes(t *testing.T, d pushedDeed, database string) *pushes {
	t.Helper()
	p := newPushesTo(t, settings{Targets: d.targets, Target: d.rules, Database: database})
	if d.before != nil {
		d.before(p)
		p.arrived()
	}
	p.Box.Engine.ResetCalls()
	return p
}

// newPushesTo pushes the people and the groups, and waits until they have arrived.
func newPushesTo(t *testing.T, s settings) *pushes {
	t.Helper()
	s.Pushed = true
	p := &pushes{pushed: newPushed(t, s)}
	p.scenario.start()
	p.serve(app.GatewayOptions{Log: p.options.Log}) // it outlives the workers
	p.ids = p.joins(0, 4)
	var err error
	p.birds, err = p.Client.CreateGroup(t.Context(), "birds", p.ids[:2]...)
	p.no(err)
	p.fish, err = p.Client.CreateGroup(t.Context(), "fish", p.ids[2])
	p.no(err)
	p.arrived()
	return p
}

// arrived waits until nothing that was pushed is left to be applied.
func (p *pushes) arrived() {
	p.Helper()
	p.eventually("all that was pushed has arrived", func() (bool, any) { items := p.inbox(); return len(items) == 0, items })
}

func (d pushedDeed) counts(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, d.key) })
}

// undisturbedPush is what each target holds where every answer arrives, and how
// many writes the deed takes.
func undisturbedPush(t *testing.T, d pushedDeed) course {
	t.Helper()
	p := newPushes(t, d, "")
	d.does(p)
	p.arrived()
	want := course{writes: p.writesOf(d.counts), after: map[string]holdings{}}
	d.undoes(p)
	p.arrived()
	for _, kind := range p.kinds() {
		want.after[kind] = holdingsOf(p.Box.TargetState(kind))
		if want.writes[kind] == 0 {
			t.Errorf("%s: nothing was done", kind)
		}
	}
	return want
}

func playLostPush(t *testing.T, d pushedDeed, status int, later bool, want course, database string) {
	p := newPushes(t, d, database)
	o := p.lose(d.counts, 1, status, want.writes)
	d.does(p)
	p.eventually("every answer is lost, and what it was for put off", func() (bool, any) {
		items := p.inbox()
		return o.triedAgain() && len(items) > 0 && !slices.ContainsFunc(items, func(i store.InboxItem) bool { return i.Class == "" }), items
	})
	if !later {
		d.undoes(p)
	}
	o.rest()
	p.Box.Engine.Clear()
	p.arrived()
	if later {
		d.undoes(p)
		p.arrived()
	}
	different := func() (all []string) {
		for _, kind := range p.kinds() {
			now := holdingsOf(p.Box.TargetState(kind))
			for _, over := range beyond(now, want.after[kind]) {
				all = append(all, kind+": is left over: "+over)
			}
			for _, lost := range beyond(want.after[kind], now) {
				all = append(all, kind+": is missing: "+lost)
			}
		}
		return all
	}
	for range 4 {
		if len(different()) == 0 {
			break
		}
		p.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true})
	}
	for _, d := range different() {
		t.Error(d)
	}
	p.Box.Engine.ResetCalls()
	p.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true})
	for _, kind := range p.kinds() {
		if again := p.Box.Applied(kind); len(again) > 0 {
			t.Errorf("%s: a run with nothing to do did %v", kind, again)
		}
	}
}
