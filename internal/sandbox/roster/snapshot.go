package roster

import "slices"

// Snapshot is a whole roster at one moment, in the order in which things were
// added.
type Snapshot struct {
	Accounts []Account      `json:"accounts"`
	Groups   []GroupMembers `json:"groups"`
}

// GroupMembers is a group with what is in it.
type GroupMembers struct {
	Group
	// Members are account ids, Subgroups ids of groups, both in order.
	Members   []string `json:"members"`
	Subgroups []string `json:"subgroups,omitempty"`
}

// State returns the whole roster.
func (r *Roster) State() Snapshot {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := Snapshot{Accounts: make([]Account, 0, len(r.order)), Groups: make([]GroupMembers, 0, len(r.listed))}
	for _, a := range r.order {
		s.Accounts = append(s.Accounts, a.copied())
	}
	for _, g := range r.listed {
		members := make([]string, 0, len(g.order))
		for _, a := range g.order {
			members = append(members, a.ID)
		}
		slices.Sort(members)
		s.Groups = append(s.Groups, GroupMembers{Group: g.copied(), Members: members, Subgroups: g.nested()})
	}
	return s
}
