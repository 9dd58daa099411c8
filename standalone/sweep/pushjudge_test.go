package sweep

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

// missing compares what was answered 2xx with what is in the target, object by
// object, and returns what is not there.
func (p *pushes) missing(state atlassiansim.Snapshot) []string {
	var wrong []string
	accounts := map[string]atlassiansim.Account{}
	for _, a := range state.Accounts {
		accounts[a.Email] = a
	}
	for _, u := range p.users {
		a, there := accounts[u.Email]
		switch {
		case u.Active && (!there || a.Status != "active"):
			wrong = append(wrong, fmt.Sprintf("%s is active, and their account is %q", u.Email, a.Status))
		case u.Active && a.Name != u.GivenName+" "+u.FamilyName:
			wrong = append(wrong, fmt.Sprintf("%s is called %s %s, and their account %s", u.Email, u.GivenName, u.FamilyName, a.Name))
		case !u.Active && there && a.Status == "active":
			wrong = append(wrong, fmt.Sprintf("%s may not sign in any more, and their account is active", u.Email))
		}
	}
	groups := map[string]atlassiansim.Group{}
	for _, g := range state.Groups {
		groups[g.Name] = g
	}
	for _, g := range p.groups {
		at, there := groups[g.name]
		if !there {
			wrong = append(wrong, fmt.Sprintf("there is no group %s", g.name))
			continue
		}
		for _, u := range p.users {
			if !u.Active {
				continue // their memberships wait for their return
			}
			if is := slices.Contains(at.Members, accounts[u.Email].ID); is != g.members[u] {
				wrong = append(wrong, fmt.Sprintf("%s is a member of %s: %t, and in the target: %t", u.Email, g.name, g.members[u], is))
			}
		}
	}
	return wrong
}

// excess returns what was done more often than it was pushed. What was undone
// before it was carried over need not be done at all.
func (p *pushes) excess(done effects) []string {
	allowed := effects{}
	for _, u := range p.users {
		allowed["create-account:"+u.Email] = 1
		allowed["join-directory:"+u.Email] = 1
		allowed["suspend:"+u.Email] = u.suspends
		allowed["restore:"+u.Email] = u.restores
		allowed["update-profile:"+u.Email] = u.profiles
	}
	for _, g := range p.groups {
		allowed["create-group:"+g.name] = 1
		for _, u := range p.users {
			allowed["add-member:"+g.name+":"+u.Email] = g.added[u]
			allowed["remove-member:"+g.name+":"+u.Email] = g.removed[u]
		}
	}
	var wrong []string
	for effect, times := range done {
		if strings.HasPrefix(effect, "assign-role:") && times <= 1 {
			continue // that of the product, by the invitation
		}
		if times > allowed[effect] {
			wrong = append(wrong, fmt.Sprintf("%s was done %d times and asked for %d times", effect, times, allowed[effect]))
		}
	}
	slices.Sort(wrong)
	return wrong
}
