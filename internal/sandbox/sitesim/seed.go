package sitesim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// The groups that administer.
const (
	groupSiteAdmins = "site-admins"
	groupOrgAdmins  = "org-admins"
)

// The scope and the level under which a group that administers the site is
// kept; the scopes of products are their keys, with the levels below.
const (
	scopeSite      = "site"
	levelSiteAdmin = "site-admin"
	levelAdmin     = "admin"
	levelUser      = "user"
)

// Attributes of accounts and groups that the roster keeps for this stand-in.
const (
	// AttributeEmailHidden is set on somebody whose privacy settings hide the
	// address.
	AttributeEmailHidden = "email_hidden"
	// AttributeType is the type of an account that is not a person's: "app",
	// "customer".
	AttributeType = "account_type"
)

// access are the names of the groups that give a product to new accounts.
var access = map[string]string{
	ProductSoftware: "jira-software-users-example", ProductService: "jira-servicemanagement-users-example",
	ProductCore: "jira-core-users-example", ProductDiscovery: "jira-product-discovery-users-example",
	ProductConfluence: "confluence-users-example",
}

// seed makes the people and groups who are there from the start.
func (s *Sim) seed() {
	s.mustGroup(roster.Group{Name: groupSiteAdmins, Administrator: true, Permissions: map[string]string{scopeSite: levelSiteAdmin}})
	s.mustGroup(roster.Group{Name: groupOrgAdmins, Administrator: true})
	for _, product := range s.opts.Products {
		s.mustGroup(roster.Group{Name: access[product], Permissions: map[string]string{product: levelUser}})
		s.mustGroup(roster.Group{
			Name: strings.Replace(access[product], "-users-", "-admins-", 1), Administrator: true,
			Permissions: map[string]string{product: levelAdmin},
		})
	}
	s.owner = s.mustAccount(roster.Account{Email: s.opts.User, DisplayName: "Olivia Owner"}, groupSiteAdmins, groupOrgAdmins)
	s.mustAccount(roster.Account{Email: "sam.site@admins.example.net", DisplayName: "Sam Site"}, groupSiteAdmins)
	s.mustAccount(roster.Account{Email: "pat.product@admins.example.net", DisplayName: "Pat Product"},
		strings.Replace(access[s.opts.Products[0]], "-users-", "-admins-", 1))
	app := roster.Account{DisplayName: "Automation for Jira", Attributes: map[string]string{AttributeType: "app"}}
	s.mustAccount(app)
}

// mustGroup and mustAccount seed a roster that is empty: nothing is taken.
func (s *Sim) mustGroup(group roster.Group) {
	group.ID = s.roster.NewID()
	if err := s.roster.AddGroup(group); err != nil {
		panic(fmt.Errorf("seed the group %s: %w", group.Name, err))
	}
}

func (s *Sim) mustAccount(account roster.Account, groups ...string) string {
	account.ID, account.Active = s.newAccountID(), true
	if err := s.roster.AddAccount(account); err != nil {
		panic(fmt.Errorf("seed an account: %w", err))
	}
	if account.Attributes[AttributeType] == "" {
		groups = append(groups, s.accessGroups()...)
	}
	for _, name := range groups {
		group, _ := s.roster.GroupNamed(name)
		if _, err := s.roster.Join(group.ID, account.ID); err != nil {
			panic(fmt.Errorf("seed a member of %s: %w", name, err))
		}
	}
	return account.ID
}

// accessGroups are the names of the groups that give the site's products.
func (s *Sim) accessGroups() []string {
	var names []string
	for _, product := range s.opts.Products {
		names = append(names, access[product])
	}
	return names
}

func (s *Sim) newAccountID() string { return "712020:" + s.roster.NewID() }

// SeedAccount makes an account as somebody gets one by other means than the API:
// active, with all products of the site, and in no other group. It returns its
// id.
func (s *Sim) SeedAccount(email, name string) (id string, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, there := s.withEmail(email); there {
		return "", fmt.Errorf("seed an account: %w", roster.ErrTaken)
	}
	account := s.NewAccount(email)
	account.DisplayName = name
	if err := s.roster.AddAccount(account); err != nil {
		return "", fmt.Errorf("seed an account: %w", err)
	}
	for _, name := range s.accessGroups() {
		group, there := s.roster.GroupNamed(name)
		if !there {
			continue // a test has taken it away
		}
		if _, err := s.roster.Join(group.ID, account.ID); err != nil {
			return "", fmt.Errorf("seed a member: %w", err)
		}
	}
	return account.ID, nil
}

// NewAccount is an active account for an address, as the site would make it; it
// is not added.
func (s *Sim) NewAccount(email string) roster.Account {
	return roster.Account{ID: s.newAccountID(), Email: email, DisplayName: email, Active: true}
}

// NewGroup is a group of a name, as the site would make it; it is not added.
func (s *Sim) NewGroup(name string) roster.Group {
	return roster.Group{ID: s.roster.NewID(), Name: name}
}

// withEmail finds the person's account of an address.
func (s *Sim) withEmail(email string) (roster.Account, bool) {
	found := slices.DeleteFunc(s.roster.Matching(email), func(a roster.Account) bool {
		return fold(a.Email) != fold(email) || a.Attributes[AttributeType] != ""
	})
	if len(found) == 0 {
		return roster.Account{}, false
	}
	return found[0], true
}

// granting returns the groups that give somebody a product, the one for new
// accounts first.
func (s *Sim) granting(product string) []roster.Group {
	groups := s.roster.Groups(func(g roster.Group) bool { return g.Permissions[product] == levelUser })
	slices.SortStableFunc(groups, func(a, b roster.Group) int {
		first := func(g roster.Group) int {
			if g.Name == access[product] {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	return groups
}
