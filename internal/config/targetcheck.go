package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// completeTarget gives a target the defaults of its kind where the file says
// nothing.
func (r *reader) completeTarget(path string, t *Target) {
	kind, ok := kindNamed(t.Kind)
	if !ok {
		return
	}
	if r.nodes[path+".url"] == nil {
		t.URL = kind.url
	}
	if r.nodes[path+".link_by"] == nil {
		t.LinkBy = kind.linkBy
	}
	if r.nodes[path+".access_groups"] == nil {
		t.AccessGroups = kind.accessGroups
	}
	if r.nodes[path+".calls_per_hour"] == nil {
		t.CallsPerHour = kind.callsPerHour
	}
}

// validateTarget checks a target's settings against its kind.
func (r *reader) validateTarget(path string, t Target) {
	kind, ok := kindNamed(t.Kind)
	if !ok || r.failed[path+".kind"] {
		return
	}
	r.validateOwn(path, kind, t)
	r.validateURL(path+".url", kind, t)
	r.opaqueID(path+".organization", t.Organization)
	r.opaqueID(path+".directory", t.Directory)
	if t.Directory == "-" {
		r.problem(path+".directory", "- means every directory and can be read only; expected one directory's id")
	}
	if !t.OrganizationKey.IsZero() && t.Organization == "" {
		r.problem(path+".organization", "is missing; organization_key needs it")
	}
	r.opaqueID(path+".workspace", t.Workspace)
	r.validateSignIn(path, kind, t)
	r.validateProducts(path+".products", kind, t.Products)
	r.unique(path+".applications", t.Applications)
	for i, application := range t.Applications {
		r.validateProductName(indexed(path+".applications", i), application, nil)
	}
	if r.nodes[path+".access_groups"] != nil && len(t.AccessGroups) == 0 {
		r.problem(path+".access_groups", "is empty; expected at least one group, such as %s", listed(kind.accessGroups))
	}
	r.unique(path+".access_groups", t.AccessGroups)
	r.validatePermissions(path+".permissions", t.Permissions)
	if len(t.Permissions) > 0 && t.User == "" && !r.failed[path+".permissions"] {
		r.warn(path+".permissions", "need user: Bitbucket changes permissions for a user's own token only, and for no workspace's")
	}
	r.unique(path+".protected.accounts", t.Protected.Accounts)
	r.unique(path+".protected.groups", t.Protected.Groups)
}

// validateOwn reports settings of other kinds, and those of this one that are
// missing.
func (r *reader) validateOwn(path string, kind targetKind, t Target) {
	own := kind.settings()
	for _, setting := range ownSettings() {
		if r.nodes[join(path, setting)] != nil && !slices.Contains(own, setting) {
			r.problem(join(path, setting), "does not go with kind: %s; it is a setting of %s", kind.name, and(kindsWith(setting)))
		}
	}
	v := reflect.ValueOf(t)
	for _, setting := range kind.needs {
		at := join(path, setting)
		field, _ := fieldNamed(settings(v.Type()), setting)
		switch value := v.FieldByIndex(field.Index); {
		case r.nodes[at] == nil:
			r.problem(at, "is missing")
		case value.IsZero() && field.Type == reflect.TypeFor[Secret]():
			r.problem(at, "is empty; expected ${NAME} or file:path")
		case value.IsZero():
			r.problem(at, "is empty")
		}
	}
}

// validateURL checks a target's base URL; a missing one is reported already.
func (r *reader) validateURL(path string, kind targetKind, t Target) {
	if r.nodes[path] == nil {
		return
	}
	u := r.endpoint(path, t.URL)
	if u == nil || !kind.site {
		return
	}
	if rest := strings.Trim(u.Path, "/"); rest != "" && rest != kind.path {
		r.problem(path, "has a path; expected the site's address alone, such as https://example.atlassian.net")
	}
}

// validateSignIn checks who a target is signed in to as.
func (r *reader) validateSignIn(path string, kind targetKind, t Target) {
	for setting, name := range map[string]string{"user": t.User, "application": t.Application} {
		if strings.ContainsRune(name, ':') || strings.ContainsFunc(name, unicode.IsControl) {
			r.problem(join(path, setting), "has a colon or a control character in it, which a user name cannot have (RFC 7617)")
		}
	}
	if !kind.password {
		return
	}
	token, user, password := r.nodes[path+".token"] != nil, r.nodes[path+".user"] != nil, r.nodes[path+".password"] != nil
	switch {
	case token && (user || password):
		r.problem(path+".token", "goes without user and password; expected one of the two")
	case token:
		if t.Token.IsZero() {
			r.problem(path+".token", "is empty; expected ${NAME} or file:path")
		}
	case !user && !password:
		r.problem(path+".token", "is missing; expected token, or user and password")
	case !user:
		r.problem(path+".user", "is missing; user and password go together")
	case !password:
		r.problem(path+".password", "is missing; user and password go together")
	case t.User == "":
		r.problem(path+".user", "is empty")
	case t.Password.IsZero():
		r.problem(path+".password", "is empty; expected ${NAME} or file:path")
	}
	if r.nodes[path+".token_expires"] != nil && !token {
		r.problem(path+".token_expires", "goes with token only")
	}
}

// jiraProducts returns the products that a new account of a site's Jira can
// get; developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users,
// "products".
func jiraProducts() []string {
	return []string{"jira-software", "jira-servicedesk", "jira-core", "jira-product-discovery"}
}

// validateProducts checks that products have roles where the kind of target
// has them, and only there.
func (r *reader) validateProducts(path string, kind targetKind, products Products) {
	for i, p := range products {
		switch {
		case kind.name == KindJiraCloud && p.Role != "":
			r.problem(path, "%s gives products without roles; expected a list such as [jira-software]", kind.name)
		case kind.name == KindJiraCloud:
			r.validateProductName(indexed(path, i), p.Name, jiraProducts())
		case p.Role == "" && !r.failed[join(path, p.Name)+".role"] && !r.failed[join(path, p.Name)]:
			r.problem(path, "%s gives products with a role; expected a mapping such as {jira: user}", kind.name)
		}
	}
}

var validApplication = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

// validateProductName checks the name of a product or application; known is
// nil where there may be more than we know.
func (r *reader) validateProductName(path, name string, known []string) {
	switch {
	case name == "":
	case known != nil && !slices.Contains(known, name):
		r.problem(path, "%q is no product%s; expected %s", r.raw(path), didYouMean(name, known), listed(known))
	case known == nil && !validApplication.MatchString(name):
		r.problem(path, "%q is no application's key; expected one such as jira-software", r.raw(path))
	}
}
