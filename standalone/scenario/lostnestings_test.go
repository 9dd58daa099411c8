package scenario

import (
	"os"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/workflows"
)

// nestingDeed is what a run does with a group in another when the configuration
// comes to say something else of those.
type nestingDeed struct {
	name, was, is, key string
	undoes             func(p *pushes)
}

func nestingDeeds() []nestingDeed {
	return []nestingDeed{
		{"a group is put in another, and leaves it", config.NestedFlatten, config.NestedKeep, "add-subgroup:",
			func(p *pushes) { p.no(p.Client.Members(p.Context(), p.fish, nil, []string{p.birds})) }},
		{"a group is put in another, and is to be so no more", config.NestedFlatten, config.NestedKeep, "add-subgroup:",
			func(p *pushes) { p.nests(config.NestedFlatten) }},
		{"a group is taken out of another, and leaves it", config.NestedKeep, config.NestedFlatten, "remove-subgroup:",
			func(p *pushes) { p.no(p.Client.Members(p.Context(), p.fish, nil, []string{p.birds})) }},
		{"a group is taken out of another, and is to be in it after all", config.NestedKeep, config.NestedFlatten, "remove-subgroup:",
			func(p *pushes) { p.nests(config.NestedKeep) }},
	}
}

func TestWhatARunDidWithAGroupInAnotherWithoutHearingOfItIsTakenBack(t *testing.T) {
	t.Parallel()
	sweep := os.Getenv("ROLLCALL_SWEEP") != ""
	for i, d := range nestingDeeds() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for j, e := range endings {
				for k, taken := range []string{"before the next run", "after a good run"} {
					if !sweep && (i > 0 || j > 0 || k > 0) {
						continue
					}
					t.Run(e.name+", taken back "+taken, func(t *testing.T) {
						t.Parallel()
						playLostNesting(t, d, e, k > 0, databases[(i+j+k)%2].address(t))
					})
				}
			}
		})
	}
}

func (d nestingDeed) counts(keys []string) bool {
	return strings.HasPrefix(strings.Join(keys, "\n"), d.key)
}

// nests restarts the worker with another rule for groups in groups.
func (p *pushes) nests(rule string) {
	p.Helper()
	p.Worker.Stop()
	for name, target := range p.Config.Connections[p.Name].Targets {
		target.Groups.Nested = rule
		p.Config.Connections[p.Name].Targets[name] = target
	}
	p.scenario.start()
}

func newNesting(t *testing.T, d nestingDeed, u *unheard, database string) *pushes {
	t.Helper()
	p := newPushesTo(t, settings{Targets: []string{sandbox.Crowd}, Target: "groups: { nested: " + d.was + " }", Database: database, Now: u.now})
	u.scenario = p.scenario
	p.no(p.Client.Members(t.Context(), p.fish, []string{p.birds}, nil))
	p.arrived()
	p.Box.Engine.ResetCalls()
	p.nests(d.is)
	return p
}

// settles plays runs until one does nothing.
func (p *pushes) settles() {
	p.Helper()
	for range 4 {
		p.Box.Engine.ResetCalls()
		if p.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true}); len(p.Box.Applied(sandbox.Crowd)) == 0 {
			return
		}
	}
	p.Errorf("the runs come to no end: the last did %v", p.Box.Applied(sandbox.Crowd))
}

func playLostNesting(t *testing.T, d nestingDeed, e ending, later bool, database string) {
	told := newNesting(t, d, &unheard{}, "")
	told.sync(workflows.SyncInput{AllowRemovals: true})
	writes := told.writesOf(d.counts)
	d.undoes(told)
	told.arrived()
	told.settles()
	want := holdingsOf(told.Box.TargetState(sandbox.Crowd))

	u := &unheard{}
	p := newNesting(t, d, u, database)
	u.loses(e, d.counts, 1, writes)
	run, err := p.begin(t.Context(), workflows.SyncInput{AllowRemovals: true})
	p.no(err)
	e.end(u, run)
	if !u.loser.lost(p.Box.API(sandbox.Crowd)) {
		t.Fatal("no answer was lost")
	}
	u.loser.rest()
	p.Box.Engine.Clear()
	if later {
		p.settles()
	}
	d.undoes(p)
	p.arrived()
	p.settles()
	is := holdingsOf(p.Box.TargetState(sandbox.Crowd))
	for what, all := range map[string][]string{"left over": beyond(is, want), "missing": beyond(want, is)} {
		for _, one := range all {
			t.Errorf("is %s: %s", what, one)
		}
	}
}
