package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// Atlassian turns the state of an Atlassian organisation into what is compared.
// An account that the organisation does not manage, or that an identity
// provider owns, is one that cannot be written. Roles become permissions, and
// the vendor's composite status an attribute.
func Atlassian(state atlassiansim.Snapshot) roster.Snapshot {
	s := roster.Snapshot{
		Accounts: make([]roster.Account, 0, len(state.Accounts)), Groups: make([]roster.GroupMembers, 0, len(state.Groups)),
	}
	for _, a := range state.Accounts {
		attributes := maps.Clone(a.Profile)
		if attributes == nil {
			attributes = map[string]string{}
		}
		attributes["status"] = a.Status
		s.Accounts = append(s.Accounts, roster.Account{
			ID: a.ID, Email: a.Email, DisplayName: a.Name, Active: a.Status == "active",
			External: !a.Managed || a.Synced, Administrator: a.Owner || administers(a.Roles),
			Attributes: attributes, Permissions: permissions(a.Roles),
		})
	}
	for _, g := range state.Groups {
		group := roster.GroupMembers{
			Group:   roster.Group{ID: g.ID, Name: g.Name, External: g.External, Administrator: administers(g.Roles)},
			Members: g.Members,
		}
		if len(g.Roles) > 0 {
			group.Permissions = map[string]string{"": strings.Join(permissions(g.Roles), ", ")}
		}
		s.Groups = append(s.Groups, group)
	}
	return s
}

// administers says whether any of the roles is an administrative one. The
// words are the vendor's; the stand-in's own opinion is not asked.
func administers(roles []atlassiansim.Role) bool {
	return slices.ContainsFunc(roles, func(r atlassiansim.Role) bool { return strings.HasSuffix(r.Role, "admin") })
}

func permissions(roles []atlassiansim.Role) []string {
	var all []string
	for _, r := range roles {
		all = append(all, r.Resource+" "+r.Role)
	}
	return all
}
