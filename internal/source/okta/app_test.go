package okta_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
)

func TestSomebodyNotAssignedIsFoundAsSuch(t *testing.T) {
	t.Parallel()
	sim, _, address := stand(t)
	source := newSource(t, okta.Config{URL: address, AppID: sim.AppID()})
	id, err := sim.CreateUser(people.Person{
		FirstName: "Ann", LastName: "Outside", Login: "ann.outside@acme.example", Email: "ann@acme.example", Status: people.Active,
	})
	must(t, err)
	for _, name := range []string{id, "ann.outside@acme.example", "ann@acme.example"} {
		user, err := source.User(t.Context(), name)
		if err != nil || user.SourceID != id || user.Assigned {
			t.Errorf("%s: %+v, %v; want found and not assigned", name, user, err)
		}
	}
	must(t, sim.AssignUser(id))
	for _, name := range []string{id, "ann.outside@acme.example"} {
		if user, err := source.User(t.Context(), name); err != nil || !user.Assigned {
			t.Errorf("%s: %+v, %v; want assigned", name, user, err)
		}
	}
	for _, group := range sim.State().Groups {
		got, err := source.Group(t.Context(), group.ID)
		want := false
		for _, assigned := range sim.State().App.Groups {
			want = want || assigned == group.ID
		}
		if err != nil || got.Assigned != want {
			t.Errorf("group %s: assigned %v, %v; want %v", group.ID, got.Assigned, err, want)
		}
	}
}

func TestAnApplicationThatIsGoneIsNoSignThatAnybodyLeft(t *testing.T) {
	t.Parallel()
	sim, _, address := stand(t)
	source := newSource(t, okta.Config{URL: address, AppID: "0oa0000gone"})
	state := sim.State()
	_, users := source.Users(t.Context(), directory.PageRequest{})
	_, groups := source.Groups(t.Context(), directory.PageRequest{})
	_, user := source.User(t.Context(), state.Users[0].ID)
	_, group := source.Group(t.Context(), state.Groups[0].ID)
	for name, err := range map[string]error{"users": users, "groups": groups, "user": user, "group": group} {
		var refused *directory.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(refused.Detail, "application") {
			t.Errorf("%s: %v; want a refusal that names the application", name, err)
		}
	}
}

func TestAnAssignmentWithoutItsUserIsLookedUp(t *testing.T) {
	t.Parallel()
	source := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/api/v1/users/00u1":
			fmt.Fprint(w, strings.Trim(oneUser, "[]"))
		case "/api/v1/groups/00g1":
			fmt.Fprint(w, `{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"Team"}}`)
		case "/api/v1/apps/0oa1/users":
			fmt.Fprint(w, `[{"id":"00u1","status":"PROVISIONED"},{"id":"00u2","status":"ACTIVE"}]`)
		case "/api/v1/apps/0oa1/groups":
			fmt.Fprint(w, `[{"id":"00g1","priority":0}]`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errorCode":"E0000007"}`)
		}
	}, "0oa1")
	users, err := source.Users(t.Context(), directory.PageRequest{})
	must(t, err)
	groups, err := source.Groups(t.Context(), directory.PageRequest{})
	must(t, err)
	if len(users.Users) != 1 || users.Users[0].Status != directory.StatusActive || !users.Users[0].Assigned {
		t.Errorf("users %+v; want the one who exists, active by the user's own status", users.Users)
	}
	want := []directory.Group{{SourceID: "00g1", Name: "Team", Type: "OKTA_GROUP", Assigned: true}}
	if diff := cmp.Diff(want, groups.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestAnAddressThatTwoHaveIsNotGuessed(t *testing.T) {
	t.Parallel()
	sim, _, address := stand(t)
	for _, login := range []string{"first@acme.example", "second@acme.example"} {
		_, err := sim.CreateUser(people.Person{FirstName: "T", LastName: "W", Login: login, Email: "both@acme.example", Status: people.Active})
		must(t, err)
	}
	_, err := newSource(t, okta.Config{URL: address}).User(t.Context(), "both@acme.example")
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Code != "ambiguous" {
		t.Errorf("%v; want refused as ambiguous", err)
	}
}

func TestALoginIsQuotedInFilters(t *testing.T) {
	t.Parallel()
	var filter string
	source := answering(t, func(w http.ResponseWriter, r *http.Request) {
		filter = r.URL.Query().Get("filter")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "[]")
	})
	if _, err := source.User(t.Context(), `a/" or status eq "ACTIVE`); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("%v; want not found", err)
	}
	if want := `profile.login eq "a/\" or status eq \"ACTIVE" or profile.email eq "a/\" or status eq \"ACTIVE"`; filter != want {
		t.Errorf("filter %s; want %s", filter, want)
	}
}
