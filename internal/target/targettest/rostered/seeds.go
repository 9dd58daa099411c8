package rostered

import (
	"maps"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func (s seeds) accounts(t *testing.T, emails ...string) []string {
	t.Helper()
	ids := make([]string, len(emails))
	for i, email := range emails {
		a := s.Account(email)
		if err := s.Roster.AddAccount(a); err != nil {
			t.Fatalf("seed the account of %s: %v", email, err)
		}
		if s.Seeded != nil {
			s.Seeded(t, a)
		}
		ids[i] = s.accountID(a)
	}
	return ids
}

func (s seeds) groups(t *testing.T, names ...string) []string {
	t.Helper()
	ids := make([]string, len(names))
	for i, name := range names {
		g := s.Group(name)
		if err := s.Roster.AddGroup(g); err != nil {
			t.Fatalf("seed group %q: %v", name, err)
		}
		ids[i] = s.groupID(g)
	}
	return ids
}

func (s seeds) members(t *testing.T, groupID string, accountIDs ...string) {
	t.Helper()
	g := s.group(t, groupID)
	for _, id := range accountIDs {
		if _, err := s.Roster.Join(g.ID, s.account(t, id).ID); err != nil {
			t.Fatalf("seed a member of %s: %v", groupID, err)
		}
	}
}

func (s seeds) subgroups(t *testing.T, groupID string, childIDs ...string) {
	t.Helper()
	g := s.group(t, groupID)
	for _, id := range childIDs {
		if _, err := s.Roster.Nest(g.ID, s.group(t, id).ID); err != nil {
			t.Fatalf("seed a group in %s: %v", groupID, err)
		}
	}
}

func (s seeds) accountsNow(*testing.T) []directory.Account {
	// Status may ask the roster: it is asked once the list is there.
	all := s.Roster.Accounts(nil)
	accounts := make([]directory.Account, len(all))
	for i, a := range all {
		status := directory.AccountDeactivated
		switch {
		case s.Status != nil:
			status = s.Status(a)
		case a.Active:
			status = directory.AccountActive
		}
		accounts[i] = directory.Account{ID: s.accountID(a), UserName: a.UserName, Email: a.Email, DisplayName: a.DisplayName, Status: status}
	}
	return accounts
}

func (s seeds) membersNow(t *testing.T, groupID string) []string {
	t.Helper()
	var ids []string
	for _, a := range s.Roster.Members(s.group(t, groupID).ID) {
		ids = append(ids, s.accountID(a))
	}
	return ids
}

func (s seeds) subgroupsNow(t *testing.T, groupID string) []string {
	t.Helper()
	var ids []string
	for _, id := range s.Roster.Subgroups(s.group(t, groupID).ID) {
		if g, there := s.Roster.Group(id); there {
			ids = append(ids, s.groupID(g))
		}
	}
	slices.Sort(ids)
	return ids
}

func (s seeds) attributesNow(t *testing.T, accountID string) map[string]string {
	t.Helper()
	a := s.account(t, accountID)
	if s.AttributesOf != nil {
		return s.AttributesOf(a)
	}
	held := maps.Clone(a.Attributes)
	if held == nil {
		held = map[string]string{}
	}
	maps.DeleteFunc(held, func(_, value string) bool { return value == "" })
	return held
}

func (s seeds) permissionsNow(t *testing.T, groupID string) []directory.Permission {
	t.Helper()
	g := s.group(t, groupID)
	if s.PermissionsOf != nil {
		return s.PermissionsOf(g)
	}
	var held []directory.Permission
	for _, scope := range slices.Sorted(maps.Keys(g.Permissions)) {
		held = append(held, directory.Permission{Scope: scope, Level: g.Permissions[scope]})
	}
	return held
}
