package fault_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]fault.Rule{
		"an unknown kind":                              {Kind: "explode"},
		"no kind":                                      {},
		"a status that is none":                        {Kind: fault.Status, Status: 99},
		"a latency of nothing":                         {Kind: fault.Latency},
		"a path that is no expression":                 {Kind: fault.Empty, Path: "("},
		"a body that is no expression":                 {Kind: fault.Empty, MatchBody: "["},
		"a query that is no expression":                {Kind: fault.Empty, MatchQuery: "["},
		"a probability above one":                      {Kind: fault.Empty, Probability: 1.5},
		"a disowning without a status":                 {Kind: fault.Disown, Then: fault.Answer{Status: 409}},
		"a disowning that is not followed by anything": {Kind: fault.Disown, Status: 400},
		"a negative count":                             {Kind: fault.Empty, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if rule.Validate() == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestRulesReadAndWriteAsJSON(t *testing.T) {
	t.Parallel()
	want := fault.Rule{ID: "x", API: "okta", Kind: fault.Latency, Delay: fault.Duration(20 * time.Millisecond), Times: 3}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != `{"id":"x","api":"okta","kind":"latency","delay":"20ms","times":3}` {
		t.Errorf("wrote %s", text)
	}
	var got fault.Rule
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRulesAreReplacedRemovedAndCleared(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	first := engine.Add(fault.Rule{Kind: fault.Empty})
	engine.Add(fault.Rule{ID: "mine", Kind: fault.Half})
	engine.Add(fault.Rule{ID: "mine", Kind: fault.Stale})
	if diff := cmp.Diff([]fault.Rule{{ID: first, Kind: fault.Empty}, {ID: "mine", Kind: fault.Stale}}, engine.Rules()); diff != "" {
		t.Error(diff)
	}
	engine.Remove(first)
	if rules := engine.Rules(); len(rules) != 1 || rules[0].ID != "mine" {
		t.Errorf("after Remove: %v", rules)
	}
	engine.Clear()
	if rules := engine.Rules(); len(rules) != 0 {
		t.Errorf("after Clear: %v", rules)
	}
}

func TestALimitIsAFixedWindowThatOpensWithItsFirstRequest(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	start := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if _, _, _, ok, enabled := engine.Take("okta", "/api/v1/users", start); !ok || enabled {
		t.Error("a bucket without a limit lets everything through and states none")
	}
	engine.SetLimit("okta", "/api/v1/users", fault.Limit{Requests: 2, Window: time.Minute})
	type taken struct {
		Limit, Remaining int
		Reset            time.Time
		OK               bool
	}
	var got []taken
	for _, after := range []time.Duration{0, 30 * time.Second, 59 * time.Second, 60 * time.Second} {
		limit, remaining, reset, ok, enabled := engine.Take("okta", "/api/v1/users", start.Add(after))
		if !enabled {
			t.Fatal("the limit is not in force")
		}
		got = append(got, taken{limit, remaining, reset, ok})
	}
	want := []taken{
		{2, 1, start.Add(time.Minute), true},
		{2, 0, start.Add(time.Minute), true},
		{2, 0, start.Add(time.Minute), false},
		{2, 1, start.Add(2 * time.Minute), true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"/api/v1/users": 1}, engine.Breaches()); diff != "" {
		t.Error(diff)
	}
	engine.SetLimit("okta", "/api/v1/users", fault.Limit{})
	if limits := engine.Limits(); len(limits) != 0 {
		t.Errorf("switched off, and still in force: %v", limits)
	}
}
