package jiradcsim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestAWriteThatABrowserCouldHaveBeenTrickedIntoIsRefused(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	s.Header = nil
	for call, want := range map[string]int{
		"DELETE /group/user?groupname=staff&username=ana":                  403,
		"POST /user/application?username=ana&applicationKey=jira-software": 403,
		"GET /group/member?groupname=staff":                                200,
	} {
		if status, text := s.Raw(t, call, ""); status != want {
			t.Errorf("%s: %d %s, want %d", call, status, text, want)
		}
	}
	if status, text := s.Raw(t, "POST /group", `{"name":"new"}`); status != 201 {
		t.Errorf("JSON: %d %s, want 201", status, text)
	}
}

func TestAUserNameIsKeptInLowerCase(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	if _, body := s.Ask(t, "POST /user", `{"name":"Cat","emailAddress":"cat@example.com","displayName":"Cat"}`); body["name"] != "cat" {
		t.Errorf("made as %v", body["name"])
	}
	if _, body := s.Ask(t, "PUT /user?username=ana", `{"name":"Ana.B"}`); body["name"] != "ana.b" {
		t.Errorf("renamed as %v", body["name"])
	}
}

func TestASearchShowsNoMoreThanAThousand(t *testing.T) {
	t.Parallel()
	s := serve(jiradcsim.Options{})
	for i := range 1001 {
		s.Seed(t, fmt.Sprintf("user%d", i))
	}
	for start, want := range map[string]int{"0": 1000, "1000": 1} {
		_, text := s.Raw(t, "GET /user/search?username=@example.com&maxResults=5000&startAt="+start, "")
		var users []map[string]any
		if err := json.Unmarshal([]byte(text), &users); err != nil || len(users) != want {
			t.Errorf("from %s: %d users, %v, want %d", start, len(users), err, want)
		}
	}
}

func TestWithoutBeingAskedForInactiveMembersAreNotListed(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	off, _ := s.Sim.Roster().AccountNamed("off")
	if _, err := s.Sim.Roster().Join("staff", off.ID); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]float64{"": 1, "&includeInactiveUsers=false": 1, "&includeInactiveUsers=true": 2} {
		if _, body := s.Ask(t, "GET /group/member?groupname=staff"+query, ""); body["total"] != want {
			t.Errorf("with %q: %v members, want %v", query, body["total"], want)
		}
	}
}

func TestANewUserHasTheDefaultAccessUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]bool{``: true, `,"applicationKeys":[]`: false, `,"applicationKeys":["jira-software"]`: true} {
		s := serve(jiradcsim.Options{})
		if status, _ := s.Ask(t, "POST /user", `{"name":"cat","emailAddress":"cat@example.com","displayName":"Cat"`+keys+`}`); status != 201 {
			t.Fatalf("with %q: %d", keys, status)
		}
		cat, _ := s.Sim.Roster().AccountNamed("cat")
		if got := s.Sim.Roster().IsMember(jiradcsim.DefaultGroup, cat.ID); got != want {
			t.Errorf("with %q: access is %t, want %t", keys, got, want)
		}
	}
}

func TestAFullLicenceIsA400WhicheverWayItWouldBeTaken(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ call, body string }{
		{"POST /user", `{"name":"cat","emailAddress":"cat@example.com","displayName":"Cat"}`},
		{"POST /user/application?username=ana&applicationKey=jira-software", ""},
		{"POST /group/user?groupname=jira-software-users", `{"name":"ana"}`},
		{"PUT /user?username=off", `{"active":true}`},
	} {
		t.Run(one.call, func(t *testing.T) {
			t.Parallel()
			s := populated(t, jiradcsim.Options{SeatLimit: 1})
			off, _ := s.Sim.Roster().AccountNamed("off")
			for _, a := range []roster.Account{off, s.Seed(t, "seated")} {
				if _, err := s.Sim.Roster().Join(jiradcsim.DefaultGroup, a.ID); err != nil {
					t.Fatal(err)
				}
			}
			if status, body := s.Ask(t, one.call, one.body); status != 400 {
				t.Errorf("without room: %d %v, want 400", status, body)
			}
			s.Sim.SetSeatLimit(2)
			if status, body := s.Ask(t, one.call, one.body); status >= 300 {
				t.Errorf("with room: %d %v", status, body)
			}
		})
	}
}
