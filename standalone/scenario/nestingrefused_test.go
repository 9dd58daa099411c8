package scenario

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

// inFish are how many people are in fish by themselves, and whether birds are in it.
type inFish struct {
	People int
	Birds  bool
}

func (p *pushes) inFish() (now inFish) {
	for what := range holdingsOf(p.Box.TargetState(sandbox.Crowd)) {
		if strings.HasPrefix(what, "membership of ") && strings.HasSuffix(what, " in fish") {
			now.People++
		}
		now.Birds = now.Birds || what == "group birds in fish"
	}
	return now
}

// A directory that refuses to put a group in another takes nothing from its people.
func TestWhereCrowdWillNotNestAGroupItsPeopleAreInTheOuterOneOneByOne(t *testing.T) {
	t.Parallel()
	p := newPushesTo(t, settings{Targets: []string{sandbox.Crowd}, Target: "groups: { nested: keep }"})
	p.Box.Engine.Add(fault.Rule{API: sandbox.Crowd, Method: http.MethodPost, Path: `/group/child-group/direct$`, Kind: fault.Status, Status: http.StatusBadRequest})
	full := workflows.SyncInput{Full: true, Drift: true}
	want := func(what string, want inFish) {
		t.Helper()
		if got := p.inFish(); got != want {
			t.Errorf("%s: fish hold %+v, want %+v", what, got, want)
		}
	}
	p.no(p.Client.Members(t.Context(), p.fish, []string{p.birds}, nil))
	p.arrived()
	p.sync(full)
	want("once it was refused", inFish{People: 3})
	p.no(p.Client.Members(t.Context(), p.birds, p.ids[3:4], nil))
	p.arrived()
	want("with a newcomer", inFish{People: 4})
	p.Box.Engine.ResetCalls()
	p.sync(full)
	if again := p.Box.Applied(sandbox.Crowd); len(again) > 0 {
		t.Errorf("a run in which nothing changed did %v", again)
	}
	p.Box.Engine.Clear()
	p.sync(full)
	want("once it is put in", inFish{People: 4, Birds: true})
	p.sync(full)
	want("a run later", inFish{People: 1, Birds: true})
}
