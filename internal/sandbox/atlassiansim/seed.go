package atlassiansim

import "fmt"

// seed fills a fresh organisation: the administrators' groups, each product's
// groups, and the administrators. None of it comes from a call.
func (s *Sim) seed() {
	org := s.resources[0].ari
	orgAdmins := s.newGroup("org-admins", "Administrators of the organization")
	orgAdmins.fixed = true
	orgAdmins.grants[grant{org, roleOrgAdmin}] = struct{}{}
	siteAdmins := s.newGroup("site-admins", "Administrators of the sites")
	for _, r := range s.resources {
		switch {
		case r.workspace():
			family := r.owner
			if family == productJira {
				family = "jira"
			}
			users := s.newGroup(fmt.Sprintf("%s-users-%s", family, r.site.Name), "Grants access to "+r.owner)
			users.grants[grant{r.ari, roleUser}] = struct{}{}
			users.productDefault = map[string]string{r.ari: roleUser}
			admins := s.newGroup(fmt.Sprintf("%s-admins-%s", family, r.site.Name), "Administrators of "+r.owner)
			admins.grants[grant{r.ari, roleAdmin}] = struct{}{}
			admins.productDefault = map[string]string{r.ari: roleAdmin}
		case r.site != nil:
			siteAdmins.grants[grant{r.ari, roleSiteAdmin}] = struct{}{}
		}
	}
	for i, admin := range s.opts.Admins {
		a := s.newAccount(admin.Email, admin.Name)
		if i == 0 {
			s.owner = a
		}
		s.change(a, func() { a.membership, a.added = memberActive, s.opts.Now() })
		switch {
		case admin.OrgAdmin:
			s.join(a, orgAdmins)
		case admin.SiteAdmin:
			s.join(a, siteAdmins)
		default:
			s.change(a, func() { a.grants[grant{org, roleOrgAdmin}] = struct{}{} })
		}
	}
}

// AccountSeed is an account that exists before anybody calls.
type AccountSeed struct {
	Email string
	Name  string
	// Outside leaves the account out of the directory: somebody who has an
	// Atlassian account from elsewhere.
	Outside bool
	// Suspended is access taken away; Deactivated an account switched off.
	Suspended   bool
	Deactivated bool
	// Synced is an account that an identity provider owns over SCIM.
	Synced bool
	// Groups are ids of groups that the account is in.
	Groups []string
}

// SeedAccount adds an account and returns its id. An address that is taken or
// an unknown group is an error.
func (s *Sim) SeedAccount(seed AccountSeed) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.accountByEmail[fold(seed.Email)]; taken {
		return "", fmt.Errorf("seed account: the e-mail address is taken")
	}
	var groups []*group
	for _, id := range seed.Groups {
		g := s.liveGroup(id)
		if g == nil {
			return "", fmt.Errorf("seed account: no group %s", id)
		}
		groups = append(groups, g)
	}
	a := s.newAccount(seed.Email, seed.Name)
	if seed.Synced {
		a.synced = "externalDirectory.scim"
	}
	s.change(a, func() {
		if !seed.Outside {
			a.membership, a.added = memberActive, s.opts.Now()
		}
		if seed.Suspended {
			a.membership = memberSuspended
		}
		if seed.Deactivated {
			a.lifecycle = lifecycleInactive
		}
	})
	for _, g := range groups {
		s.join(a, g)
	}
	return a.id, nil
}

// GroupSeed is a group that exists before anybody calls.
type GroupSeed struct {
	Name string
	// External is a group that an identity provider owns.
	External bool
	// Roles are given to the group.
	Roles []Role
}

// SeedGroup adds a group and returns its id. A name that is taken is an error.
func (s *Sim) SeedGroup(seed GroupSeed) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.groupByName[fold(seed.Name)]; taken {
		return "", fmt.Errorf("seed group: the name is taken")
	}
	g := s.newGroup(seed.Name, "")
	g.external = seed.External
	for _, role := range seed.Roles {
		g.grants[grant{role.Resource, role.Role}] = struct{}{}
	}
	return g.id, nil
}

// SetSeatLimit changes how many people may have a paid role in each product; 0
// means any number.
func (s *Sim) SetSeatLimit(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seatLimit = limit
}
