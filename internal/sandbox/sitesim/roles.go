package sitesim

import (
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// jiraRole is Jira's ApplicationRole.
type jiraRole struct {
	Key                  string     `json:"key"`
	Name                 string     `json:"name"`
	Groups               []string   `json:"groups"`
	GroupDetails         []jiraName `json:"groupDetails"`
	DefaultGroups        []string   `json:"defaultGroups"`
	DefaultGroupsDetails []jiraName `json:"defaultGroupsDetails"`
	SelectedByDefault    bool       `json:"selectedByDefault"`
	Defined              bool       `json:"defined"`
	NumberOfSeats        int        `json:"numberOfSeats"`
	RemainingSeats       int        `json:"remainingSeats"`
	UserCount            int        `json:"userCount"`
	Unlimited            bool       `json:"hasUnlimitedSeats"`
	Platform             bool       `json:"platform"`
}

func (s *Sim) role(product string) jiraRole {
	role := jiraRole{
		Key: product, Name: product, Defined: true, Platform: product == ProductCore,
		GroupDetails: []jiraName{}, DefaultGroupsDetails: []jiraName{}, Groups: []string{}, DefaultGroups: []string{},
		UserCount: s.taken(product), SelectedByDefault: true,
	}
	for i, group := range s.granting(product) {
		role.Groups = append(role.Groups, group.Name)
		role.GroupDetails = append(role.GroupDetails, jiraName{group.ID, group.Name})
		if i == 0 {
			role.DefaultGroups, role.DefaultGroupsDetails = role.Groups[:1:1], role.GroupDetails[:1:1]
		}
	}
	// A licence without a limit has -1 seats, as the vendor has it.
	role.NumberOfSeats, role.RemainingSeats, role.Unlimited = -1, -1, true
	if seats := s.seats(); seats > 0 {
		role.NumberOfSeats, role.RemainingSeats, role.Unlimited = seats, max(0, seats-role.UserCount), false
	}
	return role
}

// taken is how many people have a product.
func (s *Sim) taken(product string) int {
	groups := s.granting(product)
	if len(groups) == 1 {
		return s.roster.MemberCount(groups[0].ID)
	}
	people := map[string]bool{}
	for _, group := range groups {
		for _, a := range s.roster.Members(group.ID) {
			people[a.ID] = true
		}
	}
	return len(people)
}

// full reports whether nobody else may have a product.
func (s *Sim) full(product string) bool {
	seats := s.seats()
	return seats > 0 && s.taken(product) >= seats
}

// fullBehind reports whether a group gives a product that is full and that the
// account does not have.
func (s *Sim) fullBehind(group roster.Group, a roster.Account) bool {
	for product, level := range group.Permissions {
		if level == levelUser && s.full(product) && !s.has(a.ID, product) {
			return true
		}
	}
	return false
}

func (s *Sim) has(accountID, product string) bool {
	return slices.ContainsFunc(s.granting(product), func(g roster.Group) bool { return s.roster.IsMember(g.ID, accountID) })
}

// rolesOf lists the products of Jira's that somebody has.
func (s *Sim) rolesOf(accountID string) []jiraRole {
	roles := []jiraRole{}
	for _, product := range s.opts.Products {
		if product != ProductConfluence && s.has(accountID, product) {
			roles = append(roles, s.role(product))
		}
	}
	return roles
}

// listRoles answers GET /rest/api/3/applicationrole, for administrators.
func (s *Sim) listRoles(w http.ResponseWriter, r *http.Request) {
	if !s.ownerIn(groupSiteAdmins) && !s.ownerIn(groupOrgAdmins) {
		s.fail(w, r, http.StatusForbidden, "You do not have permission to view application roles.")
		return
	}
	roles := []jiraRole{}
	for _, product := range s.opts.Products {
		if product != ProductConfluence {
			roles = append(roles, s.role(product))
		}
	}
	standin.Answer(w, http.StatusOK, roles)
}

// serverInfo answers GET /rest/api/3/serverInfo to anybody, and to nobody with a
// wrong credential.
func (s *Sim) serverInfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" && !standin.Basic(s.opts.User, s.opts.Token)(r) {
		s.fail(w, r, http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		return
	}
	standin.Answer(w, http.StatusOK, struct {
		BaseURL        string `json:"baseUrl"`
		Version        string `json:"version"`
		VersionNumbers []int  `json:"versionNumbers"`
		DeploymentType string `json:"deploymentType"`
		BuildNumber    int    `json:"buildNumber"`
		ServerTitle    string `json:"serverTitle"`
	}{"https://example.atlassian.net", "1001.0.0-SNAPSHOT", []int{1001, 0, 0}, "Cloud", 100285, "Jira"})
}
