package guardsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

func TestAListIsWrongAsItsFaultSays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// The administrator was there from the start, six people joined just now.
	for effect, want := range map[fault.Kind]struct{ users, members int }{
		"": {7, 6}, fault.Empty: {0, 0}, fault.Half: {4, 3}, fault.SkipPage: {5, 4}, fault.Stale: {1, 0},
	} {
		t.Run(string(effect)+" list", func(t *testing.T) {
			t.Parallel()
			c := start(t, guardsim.Options{Page: 2, Now: func() time.Time { return now }})
			club := c.made(groups, newGroup("club"))
			for i := range 6 {
				id := c.made(users, newUser(fmt.Sprintf("u%d", i)))
				c.do(http.MethodPatch, groups+"/"+club, patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, id)))
			}
			if effect != "" {
				c.engine.Add(fault.Rule{API: guardsim.API, Method: http.MethodGet, Kind: effect})
			}
			var list struct {
				Total   int `json:"totalResults"`
				Members []struct {
					Value string `json:"value"`
				} `json:"members"`
			}
			for path, got := range map[string]func() int{users: func() int { return list.Total }, groups + "/" + club: func() int { return len(list.Members) }} {
				_, text := c.do(http.MethodGet, path, "")
				if err := json.Unmarshal([]byte(text), &list); err != nil {
					t.Fatal(err)
				}
				if wanted := map[bool]int{true: want.users, false: want.members}[path == users]; got() != wanted {
					t.Errorf("%s has %d, want %d", path, got(), wanted)
				}
			}
		})
	}
}

// What is compared are the fastest of many calls: how long the others take says
// how busy the machine is.
func TestACallOfALargeDirectoryTakesHardlyLongerThanOneOfASmallOne(t *testing.T) {
	t.Parallel()
	c := start(t, guardsim.Options{})
	made := 0
	creating := func() time.Duration {
		return standintest.Fastest(100, func() {
			c.made(users, newUser(fmt.Sprintf("many.%d", made)))
			made++
		})
	}
	reading := func(first int) time.Duration {
		return standintest.Fastest(100, func() {
			if status, _ := c.do(http.MethodGet, fmt.Sprintf("%s?startIndex=%d&count=100", users, first), ""); status != http.StatusOK {
				t.Fatal(status)
			}
		})
	}
	create, read := creating(), reading(1)
	for i := range 10000 {
		a := c.sim.NewAccount(fmt.Sprintf("seed.%d@example.com", i))
		if err := c.sim.Roster().AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	// A hundred times as many people; going through all of them would show.
	for what, took := range map[string][2]time.Duration{"creating an account": {create, creating()}, "reading a page": {read, reading(9901)}} {
		t.Logf("%s takes %s, in a large directory %s", what, took[0], took[1])
		if took[1] > 20*took[0] {
			t.Errorf("%s takes %s, in a large directory %s", what, took[0], took[1])
		}
	}
}
