package memory

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// AccountSeed is an account that exists before anybody calls.
type AccountSeed struct {
	directory.Account
	// Suspended, Deactivated and Closed say what became of it. Whether it is
	// Managed and ReadOnly is in the Account; its ID and Status are not used.
	Suspended, Deactivated, Closed bool
	// Unlicensed is whether it lacks what a new account gets.
	Unlicensed bool
}

// SeedAccount adds an account, which is no write, and returns its id.
func (t *Target) SeedAccount(seed AccountSeed) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &account{Account: seed.Account, licensed: !seed.Unlicensed, suspended: seed.Suspended, deactivated: seed.Deactivated, closed: seed.Closed}
	a.ID, a.Attributes = t.id("account"), maps.Clone(seed.Attributes)
	t.accounts = append(t.accounts, a)
	return a.ID
}

// SeedGroup adds a group with members, which is no write, and returns its id.
func (t *Target) SeedGroup(name string, readOnly bool, accountIDs ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := &group{TargetGroup: directory.TargetGroup{ID: t.id("group"), Name: name, ReadOnly: readOnly}, members: slices.Clone(accountIDs)}
	t.groups = append(t.groups, g)
	return g.ID
}

// SeedMember puts an account in a group, which is no write.
func (t *Target) SeedMember(groupID, accountID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.group(groupID).join(accountID)
}

// Protect adds to what Protected lists.
func (t *Target) Protect(more directory.Protected) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guarded.AccountIDs = append(t.guarded.AccountIDs, more.AccountIDs...)
	t.guarded.GroupIDs = append(t.guarded.GroupIDs, more.GroupIDs...)
}

// SetSeats changes how many accounts may be active; 0 is any number.
func (t *Target) SetSeats(seats int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.options.Seats = seats
}

// State is everything that a target holds.
type State struct {
	Accounts []directory.Account
	Groups   []Group
}

// Group is a group with its members and what else belongs to it, in the order of
// their ids.
type Group struct {
	directory.TargetGroup
	Members []string
	// Subgroups are the ids of the groups directly in it.
	Subgroups   []string
	Permissions []directory.Permission
}

// State returns everything, in the order of ids, without what is empty.
func (t *Target) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	var state State
	for _, a := range t.accounts {
		seen := a.seen()
		maps.DeleteFunc(seen.Attributes, func(_, value string) bool { return value == "" })
		state.Accounts = append(state.Accounts, seen)
	}
	for _, g := range t.groups {
		state.Groups = append(state.Groups, Group{g.TargetGroup, slices.Sorted(slices.Values(g.members)), slices.Sorted(slices.Values(g.inside)), g.held()})
	}
	slices.SortFunc(state.Accounts, func(a, b directory.Account) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(state.Groups, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return state
}

// DropMember takes an account out of a group, which is no write.
func (t *Target) DropMember(groupID, accountID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.group(groupID).leave(accountID)
}

// DropGroup deletes a group that no other is in, which is no write.
func (t *Target) DropGroup(groupID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups = slices.DeleteFunc(t.groups, func(g *group) bool { return g.ID == groupID })
}
