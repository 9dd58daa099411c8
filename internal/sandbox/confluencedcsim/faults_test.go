package confluencedcsim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

func TestListsAreWrongAsFaultsWantThem(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{"": 12, fault.Empty: 0, fault.Half: 6, fault.SkipPage: 8, fault.Stale: 11} {
		for _, list := range []string{"GET /api/user/list?limit=4", "GET /api/group/crowd/member?limit=4", "GET /api/group?limit=4"} {
			t.Run(string(kind)+" "+list, func(t *testing.T) {
				t.Parallel()
				engine := fault.New(1)
				now := time.Unix(1_800_000_000, 0)
				s := serve(confluencedcsim.Options{Engine: engine, Now: func() time.Time { return now }})
				// Two administrators and three groups are there already, the last of all
				// is made over the API.
				s.SeedCrowd(t, "rollcall", "admin")
				for i := range 8 {
					s.SeedGroup(t, fmt.Sprintf("team%d", i))
				}
				for _, call := range [][2]string{
					{"POST /api/admin/user", `{"userName":"new","fullName":"New","email":"new@example.com","password":"p"}`},
					{"PUT /api/user/new/group/crowd", ""}, {"POST /api/admin/group", `{"type":"group","name":"newest"}`},
				} {
					if status, body := s.Ask(t, call[0], call[1]); status >= 300 {
						t.Fatalf("%s: %d %v", call[0], status, body)
					}
				}
				if kind != "" {
					engine.Add(fault.Rule{API: confluencedcsim.API, Kind: kind})
				}
				seen := 0
				for start := 0; ; start += 4 {
					_, body := s.Ask(t, fmt.Sprintf("%s&start=%d", list, start), "")
					seen += len(body["results"].([]any))
					if _, more := body["_links"].(map[string]any)["next"]; !more {
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
	s := serve(confluencedcsim.Options{Engine: engine})
	standintest.WantLimited(t, s, engine, confluencedcsim.API, "GET /api/user/current")
}
