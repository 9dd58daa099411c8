package atlassiansim

import (
	"cmp"
	"net/url"
	"slices"
)

// userDocument is MultiDirectoryUser, and MultiDirectoryUserDetailsData.
type userDocument struct {
	AccountID        string           `json:"accountId"`
	AccountType      string           `json:"accountType"`
	Status           string           `json:"status"`
	AccountStatus    string           `json:"accountStatus"`
	MembershipStatus string           `json:"membershipStatus"`
	ClaimStatus      string           `json:"claimStatus"`
	AddedToOrg       string           `json:"addedToOrg,omitempty"`
	DeactivatedOn    string           `json:"deactivatedOn,omitempty"`
	Name             string           `json:"name"`
	Nickname         string           `json:"nickname"`
	Email            string           `json:"email"`
	EmailVerified    bool             `json:"emailVerified"`
	JobTitle         string           `json:"jobTitle,omitempty"`
	Department       string           `json:"department,omitempty"`
	Organization     string           `json:"organization,omitempty"`
	Location         string           `json:"location,omitempty"`
	TimeZone         string           `json:"timeZone"`
	Picture          string           `json:"picture"`
	Avatar           string           `json:"avatar"`
	MFAEnabled       bool             `json:"mfaEnabled"`
	ManagementSource *string          `json:"managementSource"`
	PlatformRoles    *[]string        `json:"platformRoles,omitempty"`
	Groups           *[]userGroup     `json:"groups,omitempty"`
	ProductAccess    *[]productAccess `json:"productAccess,omitempty"`
	Counts           *userCounts      `json:"counts,omitempty"`
	Links            *links           `json:"links,omitempty"`
}

type userGroup struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

type productAccess struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type userCounts struct {
	Resources int `json:"resources"`
}

type userPage struct {
	Data  []userDocument `json:"data"`
	Links links          `json:"links"`
}

func (s *Sim) document(a *account, r *record, expand []string) userDocument {
	picture := "https://avatars.example.net/" + url.PathEscape(a.id)
	d := userDocument{
		AccountID: a.id, AccountType: "atlassian", Status: r.status(), AccountStatus: r.lifecycle,
		MembershipStatus: r.membership, ClaimStatus: claimStatus(a), AddedToOrg: formatTime(r.added),
		Name: r.name, Nickname: r.nickname, Email: r.email, EmailVerified: a.managed,
		JobTitle: r.profile.JobTitle, Department: r.profile.Department, Organization: r.profile.Organization,
		Location: r.profile.Location, TimeZone: r.zoneinfo, Picture: picture, Avatar: picture,
		Links: &links{Self: a.id},
	}
	if source := managementSource(a, r); source != "" {
		d.ManagementSource = &source
	}
	for _, field := range expand {
		switch field {
		case "platformRoles":
			roles := platformRolesOf(r)
			d.PlatformRoles = &roles
		case "counts.resources":
			d.Counts = &userCounts{Resources: len(resourcesHeld(r))}
		case "groups":
			groups := []userGroup{}
			for _, g := range groupsOf(r) {
				groups = append(groups, userGroup{ID: g.id, Name: g.name, Description: g.description})
			}
			d.Groups = &groups
		case "productAccess":
			access := []productAccess{}
			for _, ari := range resourcesHeld(r) {
				if res, ok := s.resource(ari); ok && res.workspace() {
					access = append(access, productAccess{ID: ari, Key: res.owner})
				}
			}
			d.ProductAccess = &access
		}
	}
	return d
}

func managementSource(a *account, r *record) string {
	switch {
	case a.synced != "":
		return "synced"
	case r.membership != memberNone:
		return "invited"
	}
	return ""
}

func platformRolesOf(r *record) []string {
	roles := []string{}
	for g := range r.effective() {
		if slices.Contains(platformRoles, g.role) && !slices.Contains(roles, g.role) {
			roles = append(roles, g.role)
		}
	}
	slices.Sort(roles)
	return roles
}

func resourcesHeld(r *record) []string {
	var held []string
	for g := range r.effective() {
		if !slices.Contains(held, g.resource) {
			held = append(held, g.resource)
		}
	}
	slices.Sort(held)
	return held
}

func groupsOf(r *record) []*group {
	groups := make([]*group, 0, len(r.groups))
	for g := range r.groups {
		if g.live() {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Compare(a.seq, b.seq) })
	return groups
}
