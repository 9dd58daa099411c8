package atlassiansim

import "slices"

// Type keys of products.
const (
	productJira       = "jira-software"
	productService    = "jira-servicedesk"
	productConfluence = "confluence"
)

// Roles that the vendor documents.
const (
	roleUser      = "atlassian/user"
	roleAdmin     = "atlassian/admin"
	roleGuest     = "atlassian/guest"
	roleUserAdmin = "atlassian/user-access-admin"
	roleOrgAdmin  = "atlassian/org-admin"
	roleSiteAdmin = "atlassian/site-admin"
	roleAI        = "atlassian/ai-access"
)

// resource is what roles are on: a product on a site, the site, or the
// organisation.
type resource struct {
	// ari is the Atlassian resource identifier.
	ari string
	// owner is the product's type key, "platform" for site and organisation.
	owner string
	site  *Site
}

// resourcesOf lists everything that roles can be on.
func resourcesOf(opts Options) []resource {
	all := []resource{{ari: "ari:cloud:platform::org/" + opts.OrgID, owner: "platform"}}
	for i := range opts.Sites {
		site := &opts.Sites[i]
		all = append(all, resource{ari: "ari:cloud:platform::site/" + site.ID, owner: "platform", site: site})
		for _, product := range site.Products {
			all = append(all, resource{ari: ProductResource(*site, product), owner: product, site: site})
		}
	}
	return all
}

// ProductResource is the resource id of a product on a site, as the workspaces
// endpoint lists it.
func ProductResource(site Site, product string) string {
	return "ari:cloud:" + product + "::site/" + site.ID
}

func (s *Sim) resource(ari string) (resource, bool) {
	i := slices.IndexFunc(s.resources, func(r resource) bool { return r.ari == ari })
	if i < 0 {
		return resource{}, false
	}
	return s.resources[i], true
}

// workspace says whether the resource is a product, which can be part of an
// invitation.
func (r resource) workspace() bool { return r.owner != "platform" }

// takes says whether a role can be given on the resource.
func (r resource) takes(role string) bool {
	switch {
	case r.owner != "platform":
		return slices.Contains(productRoles[r.owner], role) || slices.Contains(anyProductRoles, role)
	case r.site != nil:
		return role == roleSiteAdmin || role == roleUserAdmin
	}
	return role == roleOrgAdmin
}

var anyProductRoles = []string{roleUser, roleAdmin, roleUserAdmin}

// The roles beside user and admin that the description names by product.
var productRoles = map[string][]string{
	productJira:       {"atlassian/basic", "atlassian/contributor", "atlassian/viewer"},
	productService:    {"atlassian/customer", "atlassian/stakeholder"},
	productConfluence: {roleGuest, "atlassian/viewer"},
}

// platformRoles are the ones that users/search shows under platformRoles.
var platformRoles = []string{roleOrgAdmin, roleSiteAdmin, roleUserAdmin, roleAI}

// billable says whether a role takes a seat: the description calls the others
// non-billable, or administrative without access to the product.
func (s *Sim) billable(g grant) bool {
	if g.role != roleUser && g.role != roleAdmin {
		return false
	}
	r, ok := s.resource(g.resource)
	return ok && r.workspace()
}

// administrative says whether a role administers anything.
func administrative(role string) bool {
	return role == roleAdmin || role == roleOrgAdmin || role == roleSiteAdmin || role == roleUserAdmin
}
