package config

import (
	"net/url"
	"slices"
	"strings"
)

// configured is a target and where it stands.
type configured struct {
	Target
	connection string
}

func (c configured) path() string { return "connections." + c.connection + ".targets." + c.Name }

// validateSharedGroups refuses two targets that have the same groups by
// different names: what one of them puts there is nobody's to the other, which
// would undo it. The same target in two connections is no such thing: links
// tell whose is whose.
func (r *reader) validateSharedGroups(c *Config) {
	var before []configured
	for _, name := range c.ConnectionNames() {
		connection := c.Connections[name]
		for _, target := range connection.TargetNames() {
			one := configured{connection.Targets[target], name}
			if r.failed[one.path()+".kind"] {
				continue
			}
			for _, other := range before {
				if why, setting := shared(other, one); why != "" {
					at := join(one.path(), setting)
					r.problem(at, "has the same groups as %s (line %d): %s. Each would undo what the other does; keep one of the two",
						other.path(), r.finding(other.path(), "").Line, why)
					break
				}
				if name := unsaid(other, one); name != "" {
					r.warn(one.path(), "may have the same groups as %s (line %d): the file does not say which %s. Keep both only where they belong to different organizations, and say so",
						other.path(), r.finding(other.path(), "").Line, name)
				}
			}
			before = append(before, one)
		}
	}
}

// shared says why two targets have the same groups, and by which setting of
// the second; nothing when they have not.
func shared(a, b configured) (why, setting string) {
	if a.Kind == b.Kind {
		if a.connection != b.connection {
			return "", ""
		}
		return twice(a.Target, b.Target)
	}
	for _, pair := range [][2]Target{{a.Target, b.Target}, {b.Target, a.Target}} {
		one, other := pair[0], pair[1]
		switch {
		case one.Kind == KindAtlassianCloud && other.Kind == KindAtlassianGuard:
			why, setting = sameOrganization(one, other)
		case one.Kind == KindAtlassianCloud && (other.Kind == KindJiraCloud || other.Kind == KindConfluenceCloud):
			host := siteOf(other.URL)
			if host != "" && slices.ContainsFunc(one.Products, func(p Product) bool { return strings.EqualFold(p.Site, host) }) {
				why, setting = "the site is one of that organization, which has its groups", siteSetting(b.Target)
			}
		case one.Kind == KindJiraCloud && other.Kind == KindConfluenceCloud:
			if host := siteOf(one.URL); host != "" && host == siteOf(other.URL) {
				why, setting = "Jira and Confluence of one site have one set of groups", "url"
			}
		case one.Kind == KindCrowd && (other.Kind == KindJiraDC || other.Kind == KindConfluenceDC):
			if at := placeOf(one.URL); at != "" && at == placeOf(other.URL) {
				why, setting = "both are the users and groups of the product at that address", "url"
			}
		}
		if why != "" {
			return why, setting
		}
	}
	return "", ""
}

// unsaid is what the file would have to say so that it could be told whether
// two targets of one connection have the same groups; nothing when it can be.
func unsaid(a, b configured) string {
	if a.connection != b.connection {
		return ""
	}
	for _, pair := range [][2]Target{{a.Target, b.Target}, {b.Target, a.Target}} {
		one, other := pair[0], pair[1]
		if one.Kind != KindAtlassianCloud {
			continue
		}
		switch other.Kind {
		case KindAtlassianGuard:
			if other.Organization == "" {
				return "organization the Guard directory is of"
			}
		case KindJiraCloud, KindConfluenceCloud:
			if len(one.Products) == 0 || slices.ContainsFunc(one.Products, func(p Product) bool { return p.Site == "" }) {
				return "sites the organization's products are on"
			}
		}
	}
	return ""
}

// siteSetting is where a target says which site it has.
func siteSetting(t Target) string {
	if t.Kind == KindAtlassianCloud {
		return "products"
	}
	return "url"
}

func sameOrganization(cloud, guard Target) (why, setting string) {
	switch {
	case cloud.Directory != "" && cloud.Directory == guard.Directory:
		return "both are the same directory of Atlassian", "directory"
	case cloud.Organization != "" && cloud.Organization == guard.Organization:
		return "what a Guard directory provisions is in its organization, which may not be written beside it", "organization"
	}
	return "", ""
}

// twice says whether two targets of one kind and connection are the same.
func twice(a, b Target) (why, setting string) {
	switch b.Kind {
	case KindAtlassianCloud, KindAtlassianGuard:
		if a.Directory != "" && a.Directory == b.Directory && (b.Kind == KindAtlassianGuard || a.Organization == b.Organization) {
			return "both are the same directory", "directory"
		}
	case KindBitbucketCloud:
		if a.Workspace != "" && strings.EqualFold(a.Workspace, b.Workspace) && placeOf(a.URL) == placeOf(b.URL) {
			return "both are the same workspace", "workspace"
		}
	case KindJiraCloud, KindConfluenceCloud:
		if host := siteOf(a.URL); host != "" && host == siteOf(b.URL) {
			return "both are the same site", "url"
		}
	default:
		if at := placeOf(a.URL); at != "" && at == placeOf(b.URL) {
			return "both are at the same address", "url"
		}
	}
	return "", ""
}

// placeOf is what a base URL names, however it is written: host and path in
// lower case, without the port that goes without saying and without the path
// of Crowd's API, which products answer below their own. Empty for what is no
// URL.
func placeOf(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	path := strings.TrimRight(strings.ToLower(u.Path), "/")
	path, _, _ = strings.Cut(path, "/rest/usermanagement")
	return host + path
}

// siteOf is the host of a base URL, which is the whole of a site's name.
func siteOf(base string) string {
	host, _, _ := strings.Cut(placeOf(base), "/")
	return host
}
