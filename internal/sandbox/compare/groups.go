package compare

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// compareGroups asks of every selected group whether it is there with its
// members, then of every group whether it is one of Okta's.
func (c *comparison) compareGroups() {
	byName := map[string]roster.GroupMembers{}
	for _, group := range c.target.Groups {
		byName[fold(group.Name)] = group
	}
	existing := map[string]roster.GroupMembers{}
	for _, group := range c.scope.Initial.Groups {
		existing[group.ID] = group
	}
	compared := map[string]bool{}
	for _, candidates := range c.selectedByName(byName) {
		group, there := byName[fold(candidates.name)]
		initial, existed := existing[group.ID]
		if there && existed && (initial.Administrator || !c.scope.adopts(group.Name)) {
			for _, g := range candidates.groups {
				c.conflict("existing-group", "", g.ID)
			}
			continue
		}
		if c.scope.Target.RefusesName != nil && c.scope.Target.RefusesName(candidates.name) {
			for _, g := range candidates.groups {
				c.conflict("refused-name", "", g.ID)
			}
			continue
		}
		chosen := c.choose(candidates.groups, group, there)
		for _, g := range candidates.groups {
			if g.ID != chosen.ID {
				c.conflict("same-name", "", g.ID)
			}
		}
		c.report.Compared.Groups++
		if !there {
			c.differ(Difference{Kind: GroupMissing, OktaGroup: chosen.ID})
			continue
		}
		compared[group.ID] = true
		if !existed && !c.wasNamed(candidates.groups, group.Name) {
			c.differ(Difference{Kind: GroupName, OktaGroup: chosen.ID, TargetGroup: group.ID})
		}
		c.compareMembers(chosen, group, initial)
		for _, p := range c.scope.Target.Permissions {
			if fold(p.Group) == fold(group.Name) && group.Permissions[p.Scope] != p.Level {
				c.differ(Difference{Kind: PermissionMissing, OktaGroup: chosen.ID, TargetGroup: group.ID})
			}
		}
	}
	known := c.knownNames()
	for _, group := range c.target.Groups {
		if _, existed := existing[group.ID]; !existed && !compared[group.ID] && !known[fold(group.Name)] {
			c.differ(Difference{Kind: GroupExtra, TargetGroup: group.ID})
		}
	}
}

// wasNamed says whether one of the groups has the very name, or had it in an
// earlier state.
func (c *comparison) wasNamed(groups []OktaGroup, name string) bool {
	is := func(g OktaGroup) bool {
		return g.Name == name || c.scope.Target.FoldsNames && fold(g.Name) == name
	}
	if slices.ContainsFunc(groups, is) {
		return true
	}
	return slices.ContainsFunc(c.scope.Earlier, func(state OktaState) bool {
		return slices.ContainsFunc(state.Groups, func(g OktaGroup) bool {
			return is(g) && slices.ContainsFunc(groups, func(now OktaGroup) bool { return now.ID == g.ID })
		})
	})
}

// namesakes are groups that can only have one group together.
type namesakes struct {
	name   string
	groups []OktaGroup
}

// selectedByName gathers the selected groups by the name under which they must
// be there: their own, or, if they were renamed, the one that they had when
// they were made.
func (c *comparison) selectedByName(byName map[string]roster.GroupMembers) []namesakes {
	selected := map[string]*namesakes{}
	for _, g := range c.okta.Groups {
		if !c.scope.selects(c.okta, g) {
			continue
		}
		name := g.Name
		if _, there := byName[fold(name)]; !there {
			name = c.keptName(g, byName)
		}
		if selected[fold(name)] == nil {
			selected[fold(name)] = &namesakes{name: name}
		}
		selected[fold(name)].groups = append(selected[fold(name)].groups, g)
	}
	all := make([]namesakes, 0, len(selected))
	for _, n := range selected {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b namesakes) int { return strings.Compare(fold(a.name), fold(b.name)) })
	return all
}

// keptName is the earlier name under which a renamed group is still there,
// unless another group has that name now; else its present name.
func (c *comparison) keptName(g OktaGroup, byName map[string]roster.GroupMembers) string {
	for i := len(c.scope.Earlier) - 1; i >= 0; i-- {
		for _, earlier := range c.scope.Earlier[i].Groups {
			if earlier.ID != g.ID {
				continue
			}
			if _, there := byName[fold(earlier.Name)]; there && !slices.ContainsFunc(c.okta.Groups, func(o OktaGroup) bool {
				return o.ID != g.ID && fold(o.Name) == fold(earlier.Name) && c.scope.selects(c.okta, o)
			}) {
				return earlier.Name
			}
		}
	}
	return g.Name
}

// knownNames are the names of groups that earlier states had: what becomes of
// them when Okta has them no more is the connection's choice.
func (c *comparison) knownNames() map[string]bool {
	known := map[string]bool{}
	for _, state := range c.scope.Earlier {
		for _, g := range state.Groups {
			if c.scope.selects(state, g) {
				known[fold(g.Name)] = true
			}
		}
	}
	return known
}

// choose says which of several groups of one name is the one that is there:
// the one whose members are right, else the one whose name is right.
func (c *comparison) choose(groups []OktaGroup, group roster.GroupMembers, there bool) OktaGroup {
	if !there || len(groups) == 1 {
		return groups[0]
	}
	for _, g := range groups {
		trial := &comparison{owner: c.owner, people: c.people, accountByID: c.accountByID, open: c.open}
		trial.compareMembers(g, group, roster.GroupMembers{})
		if len(trial.report.Differences) == 0 {
			return g
		}
	}
	for _, g := range groups {
		if g.Name == group.Name {
			return g
		}
	}
	return groups[0]
}

// compareMembers compares the memberships of active people. Those of people
// without access are the connection's choice: it may keep them.
func (c *comparison) compareMembers(g OktaGroup, group, initial roster.GroupMembers) {
	is := make(map[string]bool, len(group.Members))
	for _, id := range group.Members {
		is[id] = true
	}
	should := make(map[string]bool, len(g.Members))
	for _, id := range g.Members {
		p := c.people[id]
		if p == nil || p.expect != active || p.erased || p.account == nil {
			continue
		}
		c.report.Compared.Memberships++
		should[p.account.ID] = true
		if !is[p.account.ID] {
			c.differ(Difference{
				Kind: MemberMissing, OktaUser: p.id, OktaGroup: g.ID, AccountID: p.account.ID, TargetGroup: group.ID,
			})
		}
	}
	for _, id := range group.Members {
		p := c.owner[id]
		if should[id] || !c.open[id] {
			continue
		}
		// Whoever is not there yet is left alone, and of whom the account is
		// cannot be said in a conflict.
		if p != nil && (p.conflict || p.expect == none) {
			continue
		}
		if p == nil && slices.Contains(initial.Members, id) {
			continue
		}
		d := Difference{Kind: MemberExtra, OktaGroup: g.ID, AccountID: id, TargetGroup: group.ID}
		if p != nil {
			d.OktaUser = p.id
		}
		c.differ(d)
	}
}
