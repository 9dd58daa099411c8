package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	ada := directory.Subject{Presence: directory.Present, User: directory.User{
		SourceID: "00u1", Status: directory.StatusActive, Assigned: true, Login: "ada", Email: "Ada@example.com", FirstName: "Ada", LastName: "Byron",
	}}
	but := func(change func(*directory.Subject)) directory.Subject {
		s := ada
		change(&s)
		return s
	}
	membersOnly := directory.Scope{MembersOnly: true}
	account := func(state directory.DesiredState, rule string, evidence directory.Evidence) directory.DesiredAccount {
		return directory.DesiredAccount{State: state, Email: "Ada@example.com", DisplayName: "Ada Byron", Rule: rule, Evidence: evidence}
	}
	for name, c := range map[string]struct {
		subject directory.Subject
		scope   directory.Scope
		want    directory.DesiredAccount
	}{
		"an active person has an active account": {ada, directory.Scope{}, account(directory.DesireActive, "active", directory.Explicit)},
		"somebody who is not there yet is left alone": {but(func(s *directory.Subject) { s.Status = directory.StatusPending }), directory.Scope{},
			account(directory.DesireKept, "not active yet", directory.Explicit)},
		"a status that is not known is left alone": {but(func(s *directory.Subject) { s.Status = "new word" }), directory.Scope{},
			account(directory.DesireKept, "not active yet", directory.Explicit)},
		"somebody suspended is suspended": {but(func(s *directory.Subject) { s.Status = directory.StatusSuspended }), directory.Scope{},
			account(directory.DesireSuspended, "suspended", directory.Explicit)},
		"a leaver is suspended": {but(func(s *directory.Subject) { s.Status = directory.StatusDeprovisioned }), directory.Scope{},
			account(directory.DesireSuspended, "deprovisioned", directory.Explicit)},
		"a leaver whom the list lacks is still known to have left": {
			but(func(s *directory.Subject) { s.Status, s.Presence = directory.StatusDeprovisioned, directory.Absent }), directory.Scope{},
			account(directory.DesireSuspended, "deprovisioned", directory.Explicit)},
		"somebody the source has deleted is suspended": {but(func(s *directory.Subject) { s.Presence = directory.Gone }), directory.Scope{},
			account(directory.DesireSuspended, "deleted in the source", directory.Explicit)},
		"somebody missing from a list is suspended on that alone": {but(func(s *directory.Subject) { s.Presence = directory.Absent }), directory.Scope{},
			account(directory.DesireSuspended, "missing from the source's list", directory.Absence)},
		"somebody who is not assigned is suspended": {but(func(s *directory.Subject) { s.Assigned = false }), directory.Scope{},
			account(directory.DesireSuspended, "not assigned to the application", directory.Explicit)},
		"where only members count, a member is active": {but(func(s *directory.Subject) { s.InGroup = true }), membersOnly,
			account(directory.DesireActive, "active", directory.Explicit)},
		"where only members count, another is suspended for want of a group": {ada, membersOnly,
			account(directory.DesireSuspended, "in none of the selected groups", directory.Absence)},
		"where only members count, a leaver's reason is that they left": {
			but(func(s *directory.Subject) { s.Status = directory.StatusDeprovisioned }), membersOnly,
			account(directory.DesireSuspended, "deprovisioned", directory.Explicit)},
		"the display name of the source goes before first and last": {
			but(func(s *directory.Subject) { s.DisplayName = " Ada, Countess of Lovelace " }), directory.Scope{},
			directory.DesiredAccount{State: directory.DesireActive, Email: "Ada@example.com", DisplayName: "Ada, Countess of Lovelace", Rule: "active", Evidence: directory.Explicit}},
		"blanks around an address and a missing last name are dropped": {
			but(func(s *directory.Subject) { s.Email, s.LastName = " ada@example.com ", "" }), directory.Scope{},
			directory.DesiredAccount{State: directory.DesireActive, Email: "ada@example.com", DisplayName: "Ada", Rule: "active", Evidence: directory.Explicit}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, directory.Decide(c.subject, c.scope)); diff != "" {
				t.Errorf("decided (-want +got):\n%s", diff)
			}
		})
	}
}
