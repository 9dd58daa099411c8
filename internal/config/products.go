package config

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	validProduct = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	validSite    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$`)
)

// productRoles returns the roles that give access to a product;
// developer.atlassian.com/cloud/admin/organization/rest, "roleId".
func productRoles() []string {
	return []string{"user", "guest", "customer", "contributor", "basic", "stakeholder", "viewer"}
}

// administrativeRoles returns those that are never given by a rule.
func administrativeRoles() []string {
	return []string{"admin", "site-admin", "org-admin", "user-access-admin"}
}

// readNode reads {jira: user}, {jira: {role: user, site: …}}, a list of the
// latter for an organization with several sites, or [jira-software] where
// there are no roles.
func (p *Products) readNode(r *reader, at place) {
	if at.node.Kind == yaml.SequenceNode {
		p.readNames(r, at)
		return
	}
	found, ok := r.entries(at, "a mapping of products and roles, such as {jira: user}")
	if !ok {
		return
	}
	for _, e := range found {
		path := join(at.path, e.name)
		r.nodes[path] = e.value
		if !validProduct.MatchString(e.name) {
			r.nodes[path] = e.key
			r.problem(path, "bad product; expected a name such as jira, confluence or jira-servicedesk")
			continue
		}
		if e.value.Kind != yaml.SequenceNode {
			*p = append(*p, r.product(place{e.value, path, at.tag}, e.name))
			continue
		}
		from := len(*p)
		for i, node := range e.value.Content {
			one := r.product(place{node, indexed(path, i), at.tag}, e.name)
			if slices.ContainsFunc((*p)[from:], func(other Product) bool { return other.Site == one.Site }) {
				r.problem(indexed(path, i), "the same site twice; expected each site of %s once", e.name)
			}
			if one.Site == "" {
				r.problem(indexed(path, i), "names no site; expected a site for each of several %s", e.name)
			}
			*p = append(*p, one)
		}
	}
}

func (p *Products) readNames(r *reader, at place) {
	*p = Products{}
	for i, node := range at.node.Content {
		one := place{node, indexed(at.path, i), at.tag}
		r.nodes[one.path] = node
		name, ok := r.text(one, "a product such as jira-software")
		switch {
		case !ok:
			continue
		case !validProduct.MatchString(name):
			r.problem(one.path, "bad product; expected a name such as jira-software")
		case slices.ContainsFunc(*p, func(other Product) bool { return other.Name == name }):
			r.problem(one.path, "the same product twice")
		}
		*p = append(*p, Product{Name: name})
	}
}

func (r *reader) product(at place, name string) Product {
	product := Product{Name: name}
	r.nodes[at.path] = at.node
	if at.node.Kind == yaml.ScalarNode {
		product.Role = r.role(at)
		return product
	}
	found, ok := r.entries(at, "a role such as user, or {role: user, site: example.atlassian.net}")
	if !ok {
		return product
	}
	for _, e := range found {
		inner := place{e.value, join(at.path, e.name), at.tag}
		r.nodes[inner.path] = e.value
		switch e.name {
		case "role":
			product.Role = r.role(inner)
		case "site":
			site, ok := r.text(inner, "a site such as example.atlassian.net")
			if ok && !validSite.MatchString(site) {
				r.wrong(inner, "the site's host alone, such as example.atlassian.net")
			}
			product.Site = site
		default:
			r.nodes[inner.path] = e.key
			r.problem(inner.path, "unknown setting%s; expected role or site", didYouMean(e.name, []string{"role", "site"}))
		}
	}
	if product.Role == "" {
		r.problem(join(at.path, "role"), "is missing")
	}
	return product
}

func (r *reader) role(at place) string {
	role, ok := r.text(at, "a role such as user")
	switch {
	case !ok:
	case slices.Contains(administrativeRoles(), role):
		r.problem(at.path, "%q is an administrator's role, which Rollcall never gives; expected %s", role, listed(productRoles()))
	case !slices.Contains(productRoles(), role):
		r.wrong(at, "%s%s", listed(productRoles()), didYouMean(role, productRoles()))
	}
	return role
}

func (a *AdoptGroups) readNode(r *reader, at place) {
	if at.node.Kind == yaml.SequenceNode {
		seen := map[string]bool{}
		for i, node := range at.node.Content {
			one := place{node, indexed(at.path, i), at.tag}
			r.nodes[one.path] = node
			name, ok := r.text(one, "the name of a group")
			if !ok {
				continue
			}
			if name == "" {
				r.problem(one.path, "is empty")
			}
			if folded := strings.ToLower(name); seen[folded] {
				r.problem(one.path, "the same group twice")
			} else {
				seen[folded] = true
			}
			a.Names = append(a.Names, name)
		}
		return
	}
	const expected = "false, true or a list of group names"
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	if value != "true" && value != "false" {
		r.wrong(at, "%s", expected)
		return
	}
	a.All = value == "true"
}
