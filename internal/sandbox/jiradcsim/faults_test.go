package jiradcsim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

func TestListsAreWrongAsFaultsWantThem(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{"": 12, fault.Empty: 0, fault.Half: 6, fault.SkipPage: 8, fault.Stale: 11} {
		for _, list := range []string{"GET /user/list?maxResults=4&cursor=%d", "GET /group/member?groupname=crowd&maxResults=4&startAt=%d"} {
			t.Run(string(kind)+" "+list, func(t *testing.T) {
				t.Parallel()
				engine := fault.New(1)
				now := time.Unix(1_800_000_000, 0)
				s := serve(jiradcsim.Options{Engine: engine, Now: func() time.Time { return now }})
				// Two administrators are there already, the last of all is made over the
				// API.
				var administrators []string
				for _, name := range []string{jiradcsim.DefaultUser, jiradcsim.DefaultLeadsTo} {
					a, _ := s.Sim.Roster().AccountNamed(name)
					administrators = append(administrators, a.ID)
				}
				s.SeedCrowd(t, administrators...)
				for _, call := range [][2]string{
					{"POST /user", `{"name":"new","emailAddress":"new@example.com","displayName":"New"}`},
					{"POST /group/user?groupname=crowd", `{"name":"new"}`},
				} {
					if status, body := s.Ask(t, call[0], call[1]); status >= 300 {
						t.Fatalf("%s: %d %v", call[0], status, body)
					}
				}
				if kind != "" {
					engine.Add(fault.Rule{API: jiradcsim.API, Kind: kind})
				}
				seen := 0
				for start := 0; ; start += 4 {
					_, body := s.Ask(t, fmt.Sprintf(list, start), "")
					seen += len(body["values"].([]any))
					if body["isLast"] == true {
						break
					}
				}
				if seen != want {
					t.Errorf("the list has %d, want %d", seen, want)
				}
			})
		}
	}
}

func TestALimitIsToldAndKept(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	s := serve(jiradcsim.Options{Engine: engine})
	standintest.WantLimited(t, s, engine, jiradcsim.API, "GET /myself")
}

func TestAPickerIsWrongAsFaultsWantIt(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{"": 12, fault.Empty: 0, fault.Half: 6, fault.Stale: 11} {
		engine := fault.New(1)
		now := time.Unix(1_800_000_000, 0)
		s := serve(jiradcsim.Options{Engine: engine, Now: func() time.Time { return now }})
		for i := range 9 {
			s.SeedGroup(t, fmt.Sprintf("team%d", i))
		}
		if status, _ := s.Ask(t, "POST /group", `{"name":"newest"}`); status != 201 {
			t.Fatalf("make a group: %d", status)
		}
		if kind != "" {
			engine.Add(fault.Rule{API: jiradcsim.API, Kind: kind})
		}
		_, body := s.Ask(t, "GET /groups/picker?query=", "")
		if got := body["groups"].([]any); len(got) != want || body["total"] != float64(want) {
			t.Errorf("%q: %d groups of %v, want %d", kind, len(got), body["total"], want)
		}
	}
}
