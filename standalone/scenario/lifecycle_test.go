package scenario

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestPeopleLeaveAndComeBack(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 40, Groups: 8, Uniform: true, Database: database}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.Box.Mark()
		who := s.active()
		leaver, away, erased := who[0], who[1], who[2]
		had := s.account(leaver.Email).Groups
		pending, err := s.Box.Okta.CreateUser(people.Person{FirstName: "Not", LastName: "Yet", Login: "not.yet@acme.example", Email: "not.yet@acme.example", Status: people.Staged})
		s.no(err)

		s.no(s.Box.Okta.DeactivateUser(leaver.ID))
		s.no(s.Box.Okta.SuspendUser(away.ID))
		for range 2 {
			_, err := s.Box.Okta.DeleteUser(erased.ID)
			s.no(err)
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		for _, u := range []string{leaver.Email, away.Email} {
			if a := s.account(u); a.Status != "suspended" || len(a.Groups) == 0 {
				t.Errorf("%s is %s with %d groups, want suspended with all groups kept", u, a.Status, len(a.Groups))
			}
		}
		if s.account("not.yet@acme.example").ID != "" {
			t.Error("somebody who is not there yet has an account")
		}
		if s.account(erased.Email).Status != "active" {
			t.Error("somebody erased was noticed by an incremental read, which cannot see it")
		}
		// Erased people are noticed by the next full read, and looked up.
		s.wantOutcome(s.sync(workflows.SyncInput{Full: true}), workflows.OutcomeDone)
		if s.account(erased.Email).Status != "suspended" {
			t.Error("somebody erased still has access after a full read")
		}
		s.wantEqual()

		// They come back, to other groups than before, and somebody starts at last.
		s.no(s.Box.Okta.RemoveMember(s.groupOf(leaver.ID), leaver.ID))
		s.no(s.Box.Okta.ActivateUser(leaver.ID))
		s.no(s.Box.Okta.UnsuspendUser(away.ID))
		s.no(s.Box.Okta.ActivateUser(pending))
		s.signIn(pending)
		s.signIn(leaver.ID)
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantEqual()
		if now := s.account(leaver.Email).Groups; len(now) != len(had)-1 {
			t.Errorf("who came back has %d groups, want one fewer than the %d before", len(now), len(had))
		}
		s.wantNothingTwice()
	})
}

// signIn is a first sign-in, where one is needed.
func (s *scenario) signIn(userID string) {
	s.Helper()
	for _, u := range s.Box.Okta.State().Users {
		if u.ID == userID && u.Status == people.Provisioned {
			s.no(s.Box.Okta.SignIn(userID))
		}
	}
}

// groupOf is a group that a user is in.
func (s *scenario) groupOf(userID string) string {
	s.Helper()
	for _, g := range s.ownGroups() {
		if slices.Contains(g.Members, userID) {
			return g.ID
		}
	}
	s.Fatalf("%s is in no group", userID)
	return ""
}

func TestPeopleOfAnApplicationLeaveWhenTheyAreUnassigned(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 50, Groups: 9, Source: "app_id: " + oktasim.DefaultAppID}).start()
	app := compare.Options{App: true}
	s.sync(workflows.SyncInput{})
	s.wantEqualIn(app)
	s.Box.Mark()

	// Somebody has the application alone, and loses it.
	who := s.join("by.herself@acme.example")
	s.no(s.Box.Okta.AssignUser(who))
	s.sync(workflows.SyncInput{})
	if s.account("by.herself@acme.example").Status != "active" {
		t.Fatal("who was assigned has no account")
	}
	s.Box.Mark()
	s.no(s.Box.Okta.UnassignUser(who))
	s.sync(workflows.SyncInput{})
	if s.account("by.herself@acme.example").Status != "suspended" {
		t.Error("who was unassigned still has access")
	}
	s.wantEqualIn(app)
	s.no(s.Box.Okta.AssignUser(who))
	s.sync(workflows.SyncInput{})
	s.wantEqualIn(app)
	s.wantNothingTwice()
}

func TestAGroupIsRenamed(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 3, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	g := s.ownGroups()[0]
	s.no(s.Box.Okta.RenameGroup(g.ID, "renamed-team", "Another name"))
	newcomer := s.join("nova@acme.example", g.ID)
	result := s.sync(workflows.SyncInput{})
	s.wantOutcome(result, workflows.OutcomeDone)
	renames := s.changes(result.RunID, store.ChangeFilter{Kind: string(directory.RenameGroup)})
	if len(renames) != 1 || renames[0].Class != string(directory.ClassNoRename) || renames[0].Before != g.Name || renames[0].After != "renamed-team" {
		t.Errorf("the new name is not reported as one that cannot be given: %+v", renames)
	}
	if s.targetGroup("renamed-team").ID != "" || s.targetGroup(g.Name).ID == "" {
		t.Error("the old name did not stay")
	}
	s.wantEqual()
	if newcomer == "" || len(s.account("nova@acme.example").Groups) == 0 {
		t.Error("the renamed group got no new member")
	}
}

func TestAnAddressAndANameChange(t *testing.T) {
	t.Parallel()
	for _, unmanaged := range []bool{false, true} {
		name := map[bool]string{false: "a managed account follows", true: "an unmanaged account stays, and that is reported"}[unmanaged]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: 12, Groups: 3, Uniform: true, Unmanaged: unmanaged}).start()
			s.sync(workflows.SyncInput{})
			s.Box.Mark()
			u := s.active()[0]
			account := s.account(u.Email).ID
			s.Box.Engine.ResetCalls()
			s.no(s.Box.Okta.RenameUser(u.ID, "Newname", "new.name@acme.example"))
			result := s.sync(workflows.SyncInput{})
			if got := s.account("new.name@acme.example").ID; unmanaged == (got == account) {
				t.Errorf("the new address is of the account %q", got)
			}
			updates := s.changes(result.RunID, store.ChangeFilter{Kind: string(directory.UpdateAccount)})
			want := map[bool]string{false: string(directory.Applied), true: string(directory.Skipped)}[unmanaged]
			if len(updates) != 1 || updates[0].State != want || unmanaged && updates[0].Class != string(directory.ClassUnmanaged) {
				t.Errorf("reported as %+v, want one %s", updates, want)
			}
			s.wantEqual()
			s.wantNothingTwice()

			// The person keeps the account, and its access goes with the person.
			s.no(s.Box.Okta.DeactivateUser(u.ID))
			last := s.sync(workflows.SyncInput{})
			if a := s.accountByID(account); a.Status != "suspended" {
				s.explain(last)
				t.Errorf("the leaver's account is %s: %+v", a.Status, last)
			}
		})
	}
}

func TestOnlyMembersOfSelectedGroupsHaveAccess(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 24, Groups: 4, Memberships: 1, Uniform: true, Source: `groups: ["team-00001", "team-00002"]` + "\nusers: group-members"}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	groups := s.ownGroups()
	emails := map[string]string{}
	for _, u := range s.active() {
		emails[u.ID] = u.Email
	}
	for i, g := range groups[:4] {
		for _, id := range g.Members {
			if has := s.account(emails[id]).Status == "active"; has != (i < 2) {
				t.Errorf("a member of %s has access: %v", g.Name, has)
			}
		}
	}
	// One goes to a group that is not selected, one comes from there.
	out, in := groups[0].Members[0], groups[3].Members[0]
	s.no(s.Box.Okta.RemoveMember(groups[0].ID, out))
	s.no(s.Box.Okta.AddMember(groups[0].ID, in))
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	if s.account(emails[out]).Status != "suspended" || s.account(emails[in]).Status != "active" {
		t.Errorf("who went out is %s, who came in is %s", s.account(emails[out]).Status, s.account(emails[in]).Status)
	}
	s.no(s.Box.Okta.AddMember(groups[1].ID, out))
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	if s.account(emails[out]).Status != "active" {
		t.Error("who came back into a selected group has no access")
	}
	s.wantNothingTwice()
}
