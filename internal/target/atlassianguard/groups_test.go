package atlassianguard_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestAGroupOfASiteIsInTheWayBeforeItIsSilentlyNotPropagated(t *testing.T) {
	t.Parallel()
	t.Run("with an organisation key it is a conflict, and nothing is created", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, nil, nil)
		p.sim.SeedSiteGroup("Jira-Users", false)
		_, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "jira-users"})
		if directory.ClassOf(err) != directory.ClassConflict || !strings.Contains(directory.DetailOf(err), "groups.mapping") {
			t.Errorf("got %v (%s), want a conflict that says what to do", err, directory.DetailOf(err))
		}
		if groups := p.sim.Roster().Groups(nil); len(groups) > 0 || len(p.sim.NotPropagated()) > 0 {
			t.Errorf("the directory has %+v", groups)
		}
		if _, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "jira-users-2"}); err != nil {
			t.Errorf("a name that no site has: %v", err)
		}
	})
	t.Run("without one nothing tells", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, nil, func(c *atlassianguard.Config) { c.Organization, c.OrganizationKey = "", rest.Credential{} })
		p.sim.SeedSiteGroup("Jira-Users", false)
		if _, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "jira-users"}); err != nil {
			t.Fatal(err)
		}
		if hidden := p.sim.NotPropagated(); len(hidden) != 1 {
			t.Errorf("hidden are %v: the stand-in has lost its trap", hidden)
		}
	})
	t.Run("an organisation that cannot be asked is no free name", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, nil, nil)
		p.engine.Add(fault.Rule{API: guardsim.API, Path: "/groups/search$", Kind: fault.Status, Status: http.StatusServiceUnavailable})
		_, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "unknown"})
		if directory.ClassOf(err) != directory.ClassUnavailable || len(p.sim.Roster().Groups(nil)) > 0 {
			t.Errorf("got %v and %v", err, p.sim.Roster().Groups(nil))
		}
	})
}

func TestARefusedMembershipIsReadBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		member bool
		add    bool
		want   directory.Class
	}{
		"adding who is in it is done":         {member: true, add: true},
		"adding who is not in it is refused":  {member: false, add: true, want: directory.ClassRefused},
		"removing who is not in it is done":   {member: false, add: false},
		"removing who is still in is refused": {member: true, add: false, want: directory.ClassRefused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, guardsim.Options{}, nil, nil)
			id, group := p.user(t, "member@example.com"), p.group(t, "club")
			if test.member {
				if _, err := p.sim.Roster().Join(group, id); err != nil {
					t.Fatal(err)
				}
			}
			p.engine.Add(fault.Rule{API: guardsim.API, Method: http.MethodPatch, Kind: fault.Status, Status: http.StatusBadRequest})
			write := p.target.RemoveMember
			if test.add {
				write = p.target.AddMember
			}
			err := write(t.Context(), group, id)
			if (err != nil) != (test.want != "") || err != nil && directory.ClassOf(err) != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
