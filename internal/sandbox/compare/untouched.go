package compare

import (
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

// compareUntouched asks of everything that was there before, and is not a
// person's or a group's in Okta or administers, whether it is what it was.
func (c *comparison) compareUntouched() {
	for _, before := range c.scope.Initial.Accounts {
		if p := c.owner[before.ID]; p != nil && !c.protected[before.ID] {
			continue
		}
		c.report.Compared.Untouched++
		if now, there := c.accountByID[before.ID]; !there || !sameAccount(before, now) {
			c.differ(Difference{Kind: AccountChanged, AccountID: before.ID})
		}
	}
	groups := map[string]atlassiansim.Group{}
	for _, group := range c.atlassian.Groups {
		groups[group.ID] = group
	}
	for _, before := range c.scope.Initial.Groups {
		if !administers(before.Roles) && c.scope.adopts(before.Name) && c.selected(before.Name) {
			continue
		}
		c.report.Compared.Untouched++
		now, there := groups[before.ID]
		if !there || before.Name != now.Name || !slices.Equal(before.Members, now.Members) || !slices.Equal(before.Roles, now.Roles) {
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

func sameAccount(a, b atlassiansim.Account) bool {
	return a.Email == b.Email && a.Name == b.Name && a.Status == b.Status && a.Managed == b.Managed &&
		slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Groups, b.Groups)
}
