package atlassiansim

import (
	"cmp"
	"maps"
	"slices"
)

// Snapshot is the whole state of the stand-in at one moment.
type Snapshot struct {
	OrgID       string    `json:"org_id"`
	DirectoryID string    `json:"directory_id"`
	Accounts    []Account `json:"accounts"`
	Groups      []Group   `json:"groups"`
	// Seats counts the people with a paid role, by resource.
	Seats map[string]int `json:"seats"`
}

// Role is a role on a resource.
type Role struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
}

// Account is an account in a Snapshot.
type Account struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
	// Status is the vendor's composite: active, suspended, not_invited,
	// deactivated, for_deletion.
	Status string `json:"status"`
	// Member is whether the account is in the directory, suspended or not.
	Member  bool `json:"member"`
	Managed bool `json:"managed"`
	// Synced is whether an identity provider owns the account.
	Synced bool `json:"synced,omitempty"`
	// Owner is whether the API key is this account's.
	Owner bool `json:"owner,omitempty"`
	// Roles are those given to the account itself, in order.
	Roles []Role `json:"roles"`
	// Groups are ids, in order.
	Groups []string `json:"groups"`
	// Profile is what the profile holds beside the name, by the vendor's names
	// (job_title, zoneinfo), without what is empty.
	Profile map[string]string `json:"profile,omitempty"`
}

// Group is a group in a Snapshot.
type Group struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	External bool   `json:"external,omitempty"`
	// Members are account ids, in order.
	Members []string `json:"members"`
	Roles   []Role   `json:"roles"`
}

// State returns the whole state, in the order in which things were created.
func (s *Sim) State() Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	snapshot := Snapshot{OrgID: s.opts.OrgID, DirectoryID: s.opts.DirectoryID, Seats: map[string]int{}}
	for resource, taken := range s.taken {
		if taken > 0 {
			snapshot.Seats[resource] = taken
		}
	}
	for _, a := range s.accounts {
		groups := make([]string, 0, len(a.groups))
		for g := range a.groups {
			groups = append(groups, g.id)
		}
		slices.Sort(groups)
		snapshot.Accounts = append(snapshot.Accounts, Account{
			ID: a.id, Email: a.email, Name: a.name, Status: a.status(), Member: a.membership != memberNone,
			Managed: a.managed, Synced: a.synced != "", Owner: a == s.owner, Roles: rolesOf(a.grants), Groups: groups,
			Profile: a.filled(),
		})
	}
	for _, g := range s.groups {
		if !g.live() {
			continue
		}
		members := make([]string, 0, len(g.members))
		for _, a := range g.members {
			members = append(members, a.id)
		}
		slices.Sort(members)
		snapshot.Groups = append(snapshot.Groups, Group{
			ID: g.id, Name: g.name, External: g.external, Members: members, Roles: rolesOf(g.grants),
		})
	}
	return snapshot
}

// filled is what a profile holds beside the name.
func (r *record) filled() map[string]string {
	profile := map[string]string{
		"job_title": r.profile.JobTitle, "department": r.profile.Department, "organization": r.profile.Organization,
		"location": r.profile.Location, "locale": r.locale, "zoneinfo": r.zoneinfo,
	}
	maps.DeleteFunc(profile, func(_, value string) bool { return value == "" })
	return profile
}

func rolesOf(grants map[grant]struct{}) []Role {
	roles := make([]Role, 0, len(grants))
	for g := range grants {
		roles = append(roles, Role{Resource: g.resource, Role: g.role})
	}
	slices.SortFunc(roles, func(a, b Role) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Role, b.Role))
	})
	return roles
}

// Administrative says whether a role administers anything, so that whoever
// holds it is to be left alone.
func (r Role) Administrative() bool { return administrative(r.Role) }
