package roster

import "slices"

// Join puts an account in a group; changed is false when it was there.
func (r *Roster) Join(groupID, accountID string) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, a, err := r.both(groupID, accountID)
	if err != nil || g.members[accountID] != nil {
		return false, err
	}
	g.members[accountID] = a
	g.order = append(g.order, a)
	a.groups[groupID] = g
	return true, nil
}

// Leave takes an account out of a group; changed is false when it was not
// there.
func (r *Roster) Leave(groupID, accountID string) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, a, err := r.both(groupID, accountID)
	if err != nil || g.members[accountID] == nil {
		return false, err
	}
	g.drop(a)
	delete(a.groups, groupID)
	return true, nil
}

func (r *Roster) both(groupID, accountID string) (*group, *account, error) {
	g, a := r.groups[groupID], r.accounts[accountID]
	switch {
	case g == nil:
		return nil, nil, ErrNoGroup
	case a == nil:
		return nil, nil, ErrNoAccount
	}
	return g, a, nil
}

func (g *group) drop(a *account) {
	delete(g.members, a.ID)
	g.order = slices.DeleteFunc(g.order, func(other *account) bool { return other == a })
}

// IsMember reports whether an account is directly in a group.
func (r *Roster) IsMember(groupID, accountID string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[groupID]
	return g != nil && g.members[accountID] != nil
}

// Members returns the accounts directly in a group, in the order in which they
// joined.
func (r *Roster) Members(groupID string) []Account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[groupID]
	if g == nil {
		return nil
	}
	all := make([]Account, 0, len(g.order))
	for _, a := range g.order {
		all = append(all, a.copied())
	}
	return all
}

// EachMember visits the accounts directly in a group, in the order in which
// they joined. visit must keep nothing of what it is given and call nothing of
// the roster.
func (r *Roster) EachMember(groupID string, visit func(Account)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[groupID]
	if g == nil {
		return
	}
	for _, a := range g.order {
		visit(a.Account)
	}
}

// Nest puts a group in another; changed is false when it was there. A circle
// is ErrCircle.
func (r *Roster) Nest(parentID, childID string) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	parent, child := r.groups[parentID], r.groups[childID]
	switch {
	case parent == nil || child == nil:
		return false, ErrNoGroup
	case parent.subgroups[childID] != nil:
		return false, nil
	case child.holds(parent):
		return false, ErrCircle
	}
	parent.subgroups[childID] = child
	return true, nil
}

// holds reports whether a group is another, or has it in it at any depth.
func (g *group) holds(other *group) bool {
	if g == other {
		return true
	}
	for _, child := range g.subgroups {
		if child.holds(other) {
			return true
		}
	}
	return false
}

// Unnest takes a group out of another; changed is false when it was not there.
func (r *Roster) Unnest(parentID, childID string) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	parent := r.groups[parentID]
	if parent == nil || r.groups[childID] == nil {
		return false, ErrNoGroup
	}
	if parent.subgroups[childID] == nil {
		return false, nil
	}
	delete(parent.subgroups, childID)
	return true, nil
}

// Subgroups returns the ids of the groups directly in a group, in order.
func (r *Roster) Subgroups(groupID string) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[groupID]
	if g == nil {
		return nil
	}
	return g.nested()
}

func (g *group) nested() []string {
	ids := make([]string, 0, len(g.subgroups))
	for id := range g.subgroups {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// MemberCount is how many accounts are directly in a group.
func (r *Roster) MemberCount(groupID string) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[groupID]
	if g == nil {
		return 0
	}
	return len(g.order)
}
