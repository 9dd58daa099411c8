package sweep

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestTheCheckFindsWhatIsWrongInACallLog(t *testing.T) {
	t.Parallel()
	state := atlassiansim.Snapshot{
		Accounts: []atlassiansim.Account{{ID: "a-1", Email: "ada@acme.example"}},
		Groups:   []atlassiansim.Group{{ID: "g-1", Name: "staff"}},
	}
	invite := fault.Call{API: atlassiansim.API, Write: true, Applied: true, Key: "create-account:ada@acme.example\nadd-member:g-1:a-1"}
	suspend := fault.Call{API: atlassiansim.API, Write: true, Applied: true, Key: "suspend:a-1"}
	want := effectsOf([]fault.Call{invite, suspend}, state)
	for name, c := range map[string]struct {
		calls []fault.Call
		says  string
	}{
		"an account that was created twice":                   {[]fault.Call{invite, suspend, {API: atlassiansim.API, Key: "create-account:ada@acme.example"}}, "create-account:ada@acme.example was done 2 times"},
		"a membership that was added by a later call as well": {[]fault.Call{invite, suspend, {API: atlassiansim.API, Key: "add-member:g-1:a-1"}}, "add-member:staff:ada@acme.example was done 2 times"},
		"an account that was suspended and restored":          {[]fault.Call{invite, suspend, {API: atlassiansim.API, Key: "restore:a-1"}}, "suspend:ada@acme.example was done and undone"},
		"a change that is missing":                            {[]fault.Call{invite}, "not those of a run without a crash"},
		"a change that nobody asked for":                      {[]fault.Call{invite, suspend, {API: atlassiansim.API, Key: "create-group:other"}}, "not those of a run without a crash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if wrong := judge(effectsOf(c.calls, state), want); !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, c.says) }) {
				t.Errorf("found %q, not %q", wrong, c.says)
			}
		})
	}
	if wrong := judge(effectsOf([]fault.Call{suspend, invite}, state), want); len(wrong) > 0 {
		t.Errorf("the same changes in another order: %q", wrong)
	}
}

func TestTheCheckFindsAWrongEndOfARun(t *testing.T) {
	t.Parallel()
	l := newLane(t, "SQLite")
	m := l.undisturbed(0)
	l.verify(m, m)
	finds := func(wrong []string, says string) {
		t.Helper()
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, says) }) {
			t.Errorf("found %q, not %q", wrong, says)
		}
	}

	twice := m
	twice.Effects = maps.Clone(m.Effects)
	for effect := range twice.Effects {
		if strings.HasPrefix(effect, "create-account:") {
			twice.Effects[effect]++
		}
	}
	finds(l.wrong(twice, m), "was done 2 times")

	failed := m
	failed.Result.Outcome = workflows.OutcomePartial
	finds(l.wrong(failed, m), `the run ended as "partial"`)

	fewer := m
	fewer.Left = maps.Clone(m.Left)
	fewer.Left["change account.create applied"]--
	finds(l.wrong(fewer, m), "what is in the database is not what a run without a crash leaves")

	for id := range l.adopted {
		l.adopted[id] = false
		finds(l.wrong(m, m), "the link of "+id+" says adopted")
		l.adopted[id] = true
	}

	l.outcomes = append(l.outcomes, "done")
	finds(l.wrong(m, m), "the runs in the database")
	l.outcomes = l.outcomes[:1]

	known, _ := l.box.Okta.Known()
	if err := l.box.Okta.DeactivateUser(known[0].ID); err != nil {
		t.Fatal(err)
	}
	finds(l.wrong(m, m), "account-active")

	if err := l.box.Atlassian.EraseAccount(anyOf(l.links())); err != nil {
		t.Fatal(err)
	}
	finds(l.wrong(m, m), "remembered, and not there: account")
}

// anyOf returns the remote id of an account that was created.
func anyOf(links map[string]string) string {
	for id, origin := range links {
		if origin == "created" && strings.Contains(id, ":") {
			return id
		}
	}
	return ""
}
