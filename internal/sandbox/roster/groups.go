package roster

import (
	"fmt"
	"slices"
)

// AddGroup adds a group. A name, whatever its case, or an id that exists is
// ErrTaken.
func (r *Roster) AddGroup(g Group) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups[g.ID] != nil || r.byTitle[fold(g.Name)] != nil {
		return ErrTaken
	}
	one := &group{Group: g, members: map[string]*account{}, subgroups: map[string]*group{}}
	one.Group = one.copied()
	r.groups[g.ID], r.byTitle[fold(g.Name)] = one, one
	r.listed = append(r.listed, one)
	return nil
}

// Group returns the group of an id.
func (r *Roster) Group(id string) (Group, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.groups[id]
	if g == nil {
		return Group{}, false
	}
	return g.copied(), true
}

// GroupNamed returns the group of a name, whatever its case.
func (r *Roster) GroupNamed(name string) (Group, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.byTitle[fold(name)]
	if g == nil {
		return Group{}, false
	}
	return g.copied(), true
}

// Groups returns those for which keep is true (nil is all), in the order in
// which they were added.
func (r *Roster) Groups(keep func(Group) bool) []Group {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Group, 0, len(r.listed))
	for _, g := range r.listed {
		if keep == nil || keep(g.Group) {
			all = append(all, g.copied())
		}
	}
	return all
}

// ChangeGroup changes a group, but for its id. It returns ErrNoGroup, or
// ErrTaken for a name that another group has, and changes nothing then.
func (r *Roster) ChangeGroup(id string, change func(*Group)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return ErrNoGroup
	}
	next := g.copied()
	change(&next)
	if next.ID != id {
		return fmt.Errorf("change group %s: its id cannot change", id)
	}
	if other := r.byTitle[fold(next.Name)]; other != nil && other != g {
		return ErrTaken
	}
	delete(r.byTitle, fold(g.Name))
	r.byTitle[fold(next.Name)] = g
	g.Group = next
	return nil
}

// RemoveGroup removes a group with its memberships; ErrNoGroup when it is not
// there.
func (r *Roster) RemoveGroup(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return ErrNoGroup
	}
	for _, a := range g.order {
		delete(a.groups, id)
	}
	for _, other := range r.listed {
		delete(other.subgroups, id)
	}
	delete(r.groups, id)
	delete(r.byTitle, fold(g.Name))
	r.listed = slices.DeleteFunc(r.listed, func(other *group) bool { return other == g })
	return nil
}
