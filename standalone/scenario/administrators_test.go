package scenario

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// administrators are the addresses of those who administer the stand-in's
// organisation from the start: by a group of the organisation, by a group of
// the sites, and by a role of their own.
var administrators = []string{"olivia.owner@admins.example.net", "sam.site@admins.example.net", "robin.role@admins.example.net"}

// wantRightsKept asks that everybody and everything that administered before
// is bit for bit what it was, and nobody else administers.
func (s *scenario) wantRightsKept(before atlassiansim.Snapshot) {
	s.Helper()
	if changed := rightsChanged(before, s.Box.Atlassian.State()); changed != "" {
		s.Errorf("the administrators are not what they were (-before +after):\n%s", changed)
	}
}

func TestAGroupNamedLikeAnAdministratorsGroupGivesNobodyARight(t *testing.T) {
	t.Parallel()
	for _, adopt := range []string{"false", "true", "[org-admins, site-admins]"} {
		t.Run("adopt_groups: "+adopt, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Target: "adopt_groups: " + adopt}).start()
			before := s.Box.Atlassian.State()
			intruders := s.active()
			var names []string
			for _, g := range before.Groups {
				if _, administering := administration(before); administering[g.ID].ID != "" {
					names = append(names, g.Name)
				}
			}
			if len(names) < 3 {
				t.Fatalf("the stand-in has only %v as administrators' groups", names)
			}
			ids := map[string]string{}
			for i, name := range names {
				ids[name] = s.found(name, intruders[i].ID)
			}
			s.found("ORG-ADMINS", intruders[0].ID)
			result := s.sync(workflows.SyncInput{})
			s.wantRightsKept(before)
			for _, name := range names {
				_, groups, err := s.Worker.Store.SubjectIDs(t.Context(), s.Name, ids[name])
				s.no(err)
				creates := s.changes(result.RunID, store.ChangeFilter{Kind: string(directory.CreateGroup), GroupID: groups[0]})
				if len(creates) != 1 || creates[0].State == string(directory.Applied) || creates[0].Class == "" {
					t.Errorf("%s is not reported as left alone: %+v", name, creates)
				}
			}
			s.wantEqual()

			// Nor do later runs, drift and a change of members.
			s.no(s.Box.Okta.AddMember(ids["org-admins"], intruders[5].ID))
			s.no(s.Box.Okta.RemoveMember(ids["org-admins"], intruders[0].ID))
			s.sync(workflows.SyncInput{Drift: true, AllowRemovals: true})
			s.wantRightsKept(before)
		})
	}
}

func TestAnAddressOfAnAdministratorsGivesNobodyARight(t *testing.T) {
	t.Parallel()
	for _, unmanaged := range []bool{false, true} {
		t.Run(fmt.Sprintf("unmanaged accounts: %v", unmanaged), func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Unmanaged: unmanaged, Target: "adopt_groups: true"}).start()
			s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone, workflows.OutcomePartial)
			s.Box.Mark()
			before := s.Box.Atlassian.State()

			// Somebody who is there takes an administrator's address, somebody new comes with another's, in other letters.
			present := s.active()
			s.no(s.Box.Okta.RenameUser(present[0].ID, "Owner", administrators[0]))
			s.no(s.Box.Okta.RenameUser(present[1].ID, "Site", administrators[1]))
			newcomer := s.join("ROBIN.ROLE@admins.example.net", s.ownGroups()[0].ID)
			result := s.sync(workflows.SyncInput{})
			s.wantRightsKept(before)
			for _, id := range []string{present[0].ID, newcomer} {
				users, _, err := s.Worker.Store.SubjectIDs(t.Context(), s.Name, id)
				s.no(err)
				for _, c := range s.changes(result.RunID, store.ChangeFilter{UserID: users[0]}) {
					if c.State == string(directory.Applied) || c.Class == "" {
						t.Errorf("not reported as left alone: %+v", c)
					}
				}
			}

			// Their leaving takes nothing from the administrators either.
			s.no(s.Box.Okta.DeactivateUser(newcomer))
			s.no(s.Box.Okta.DeactivateUser(present[0].ID))
			s.sync(workflows.SyncInput{Drift: true, AllowRemovals: true})
			s.wantRightsKept(before)
			if lost := s.account(present[0].Email); lost.Status == "active" {
				t.Error("the leaver's own account is still active")
			}
		})
	}
}

func TestALinkedAccountThatBecameAnAdministratorsIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 3, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	byGroup, byRole, plain := s.active()[0], s.active()[1], s.active()[2]
	group := s.ownGroups()[0]
	s.byHand("POST", "/groups/"+s.targetGroup("site-admins").ID+"/memberships", fmt.Sprintf(`{"accountId":%q}`, s.account(byGroup.Email).ID))
	s.administer(s.account(byRole.Email).ID)
	before := s.Box.Atlassian.State()
	if accounts, _ := administration(before); len(accounts) != len(administrators)+2 {
		t.Fatalf("%d accounts administer, want two more than the %d from the start", len(accounts), len(administrators))
	}

	// All that can happen to somebody in Okta happens to them.
	s.no(s.Box.Okta.DeactivateUser(byGroup.ID))
	s.no(s.Box.Okta.RenameUser(byRole.ID, "Changed", "changed.name@acme.example"))
	for _, g := range s.ownGroups() {
		s.no(s.Box.Okta.RemoveMember(g.ID, byRole.ID))
	}
	s.no(s.Box.Okta.DeactivateUser(plain.ID))
	result := s.sync(workflows.SyncInput{})
	s.wantRightsKept(before)
	if s.account(plain.Email).Status == "active" {
		t.Error("the ordinary leaver of the same run is still active")
	}
	var protected int
	for _, c := range s.changes(result.RunID, store.ChangeFilter{States: []string{string(directory.Skipped)}}) {
		if c.Class == string(directory.ClassProtected) {
			protected++
		}
	}
	if protected < 3 {
		t.Errorf("%d changes are reported as protected, want the leaver, the new name and the memberships", protected)
	}
	s.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true})
	s.wantRightsKept(before)
	if g := s.targetGroup(group.Name); g.ID == "" {
		t.Errorf("the group %s is gone", group.Name)
	}
}

func TestWhatTheConfigurationProtectsIsNeitherTakenNorMade(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true})
	people, groups := s.Box.Okta.State().Users, s.Box.Okta.State().Groups
	kept := people[0].Email
	group := ""
	for _, g := range groups {
		if g.Type == "OKTA_GROUP" {
			group = g.Name
		}
	}
	connection := s.Config.Connections[s.Name]
	cloud := connection.Targets["cloud"]
	cloud.Protected.Accounts, cloud.Protected.Groups = []string{kept}, []string{group}
	connection.Targets["cloud"] = cloud
	s.start()
	result := s.sync(workflows.SyncInput{})
	for _, kind := range []directory.Kind{directory.CreateAccount, directory.CreateGroup} {
		protected := 0
		for _, c := range s.changes(result.RunID, store.ChangeFilter{Kind: string(kind), States: []string{string(directory.Skipped)}}) {
			if c.Class == string(directory.ClassProtected) && (c.User == kept || c.Group == group) {
				protected++
			}
		}
		if protected != 1 {
			t.Errorf("%s: %d are skipped as protected, want one", kind, protected)
		}
	}
	after := s.Box.Atlassian.State()
	for _, a := range after.Accounts {
		if a.Email == kept {
			t.Error("a protected address was given an account")
		}
	}
	for _, g := range after.Groups {
		if g.Name == group {
			t.Error("a group of a protected name was made")
		}
	}
}
