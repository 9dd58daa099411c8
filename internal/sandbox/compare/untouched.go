package compare

import (
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// compareUntouched asks of everything that was there before, and is not a
// person's or a group's in Okta or administers, whether it is what it was.
func (c *comparison) compareUntouched() {
	was, is := groupsOf(c.scope.Initial), groupsOf(c.target)
	for _, before := range c.scope.Initial.Accounts {
		if p := c.owner[before.ID]; p != nil && !c.protected[before.ID] {
			continue
		}
		c.report.Compared.Untouched++
		if now, there := c.accountByID[before.ID]; !there || !sameAccount(before, now) || !slices.Equal(was[before.ID], is[before.ID]) {
			c.differ(Difference{Kind: AccountChanged, AccountID: before.ID})
		}
	}
	groups := map[string]roster.GroupMembers{}
	for _, group := range c.target.Groups {
		groups[group.ID] = group
	}
	for _, before := range c.scope.Initial.Groups {
		if !before.Administrator && c.scope.adopts(before.Name) && c.selected(before.Name) {
			continue
		}
		c.report.Compared.Untouched++
		now, there := groups[before.ID]
		if c.scope.Target.fills(before.Name) {
			now.Members = slices.DeleteFunc(slices.Clone(now.Members), func(id string) bool {
				return c.owner[id] != nil && !slices.Contains(before.Members, id)
			})
		}
		if !there || !sameGroup(before, now) {
			c.differ(Difference{Kind: GroupChanged, TargetGroup: before.ID})
		}
	}
}

func (c *comparison) selected(name string) bool {
	states := append(slices.Clone(c.scope.Earlier), c.okta)
	return slices.ContainsFunc(states, func(state OktaState) bool {
		return slices.ContainsFunc(state.Groups, func(g OktaGroup) bool {
			return fold(g.Name) == fold(name) && c.scope.selects(state, g)
		})
	})
}

// groupsOf are the ids of the groups that each account is directly in.
func groupsOf(s roster.Snapshot) map[string][]string {
	in := map[string][]string{}
	for _, group := range s.Groups {
		for _, id := range group.Members {
			in[id] = append(in[id], group.ID)
		}
	}
	for _, ids := range in {
		slices.Sort(ids)
	}
	return in
}

func sameAccount(a, b roster.Account) bool {
	return a.UserName == b.UserName && a.Email == b.Email && a.DisplayName == b.DisplayName && a.Active == b.Active &&
		a.External == b.External && a.Administrator == b.Administrator &&
		maps.Equal(a.Attributes, b.Attributes) && slices.Equal(a.Permissions, b.Permissions)
}

func sameGroup(a, b roster.GroupMembers) bool {
	return a.Name == b.Name && a.Description == b.Description && a.External == b.External && a.Administrator == b.Administrator &&
		maps.Equal(a.Permissions, b.Permissions) && slices.Equal(a.Members, b.Members) && slices.Equal(a.Subgroups, b.Subgroups)
}
