package config

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// RFC 8141, section 2, without its optional components.
	validURN = regexp.MustCompile(`^(?i:urn):[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:[A-Za-z0-9()+,.:=@;$_!*'%/-]*[A-Za-z0-9]$`)
	// RFC 7643, section 2.1; $ begins $ref.
	validAttribute    = regexp.MustCompile(`^[A-Za-z$][-\w$]*$`)
	validResourceType = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	validEndpoint     = regexp.MustCompile(`^/[A-Za-z][A-Za-z0-9-]*$`)
)

// The names below are the RFC's own, in lower case.

func reservedEndpoints() []string {
	return []string{"/users", "/groups", "/me", "/bulk", "/serviceproviderconfig", "/resourcetypes", "/schemas"}
}

func reservedTypes() []string {
	return []string{"user", "group", "serviceproviderconfig", "resourcetype", "schema"}
}

func commonAttributes() []string { return []string{"id", "externalid", "meta", "schemas"} }

// reservedURN says whether a URN is one of RFC 7643's and 7644's own. Others
// that begin with urn:ietf:params:scim: are in common use for extensions.
func reservedURN(urn string) bool {
	urn = strings.ToLower(urn)
	return strings.HasPrefix(urn, "urn:ietf:params:scim:api:") ||
		strings.HasPrefix(urn, "urn:ietf:params:scim:schemas:core:") ||
		strings.HasPrefix(urn, "urn:ietf:params:scim:schemas:extension:enterprise:")
}

// validateSchemas checks the schemas and resource types that a connection
// declares, one by one and for names that clash.
func (r *reader) validateSchemas(path string, c ConnectionScim) {
	taken := namesTaken{}
	for i, extension := range c.Extensions {
		at := indexed(path+".extensions", i)
		r.validateURN(at+".urn", extension.URN, taken)
		r.validateAttributes(at+".attributes", extension.Attributes, nil)
	}
	for i, one := range c.ResourceTypes {
		at := indexed(path+".resource_types", i)
		r.validateURN(at+".urn", one.URN, taken)
		r.validateTypeName(at+".name", one.Name, taken)
		r.validateEndpointPath(at+".endpoint", one.Endpoint, taken)
		r.validateAttributes(at+".attributes", one.Attributes, commonAttributes())
		r.validateUnique(at+".unique", one)
	}
}

// namesTaken holds where a name was first used, by the name in lower case.
type namesTaken map[string]string

// clash reports a name that is taken already, and takes it otherwise.
func (r *reader) clash(path, name string, taken namesTaken) {
	folded := strings.ToLower(name)
	if first, is := taken[folded]; is {
		r.problem(path, "%q is there twice, first in line %d", r.raw(path), r.finding(first, "").Line)
		return
	}
	taken[folded] = path
}

func (r *reader) validateURN(path, urn string, taken namesTaken) {
	switch {
	case urn == "":
		// Reported as missing or empty.
	case !validURN.MatchString(urn):
		r.problem(path, "%q is not a URN; expected one such as urn:example:scim:schemas:badge:1.0:User", r.raw(path))
	case reservedURN(urn):
		r.problem(path, "%q is the standard's own; expected a URN of your organisation, such as urn:example:scim:schemas:badge:1.0:User", r.raw(path))
	default:
		r.clash(path, urn, taken)
	}
}

func (r *reader) validateTypeName(path, name string, taken namesTaken) {
	switch {
	case name == "":
	case !validResourceType.MatchString(name):
		r.problem(path, "%q is not a name; expected letters and digits, such as Device", r.raw(path))
	case slices.Contains(reservedTypes(), strings.ToLower(name)):
		r.problem(path, "%q is the standard's own; expected another name, such as Device", r.raw(path))
	default:
		r.clash(path, name, taken)
	}
}

func (r *reader) validateEndpointPath(path, endpoint string, taken namesTaken) {
	switch {
	case endpoint == "":
	case !validEndpoint.MatchString(endpoint):
		r.problem(path, "%q is not an endpoint; expected a slash and one name, such as /Devices", r.raw(path))
	case slices.Contains(reservedEndpoints(), strings.ToLower(endpoint)):
		r.problem(path, "%q is the standard's own; expected another endpoint, such as /Devices", r.raw(path))
	default:
		r.clash(path, endpoint, taken)
	}
}

func (r *reader) validateAttributes(path string, attributes []ScimAttribute, reserved []string) {
	if len(attributes) == 0 {
		r.problem(path, "is empty; expected at least one attribute")
		return
	}
	taken := namesTaken{}
	for i, a := range attributes {
		at := indexed(path, i)
		switch {
		case a.Name == "":
		case !validAttribute.MatchString(a.Name):
			r.problem(at+".name", "%q is not an attribute's name; expected a letter, then letters, digits, - and _", r.raw(at+".name"))
		case slices.Contains(reserved, strings.ToLower(a.Name)):
			r.problem(at+".name", "%q is on every resource already; expected another name", r.raw(at+".name"))
		default:
			r.clash(at+".name", a.Name, taken)
		}
		r.validateCharacteristics(at, a)
	}
}

func (r *reader) validateCharacteristics(at string, a ScimAttribute) {
	inner := strings.Contains(at, ".sub[")
	switch {
	case a.Type == "complex" && inner:
		r.problem(at+".type", "a complex attribute inside another is not in SCIM (RFC 7643, section 2.3.8); expected a simple type")
	case a.Type == "complex":
		r.validateAttributes(at+".sub", a.Sub, nil)
	case len(a.Sub) > 0:
		r.problem(at+".sub", "goes with type: complex only")
	}
	if len(a.References) > 0 && a.Type != "reference" {
		r.problem(at+".references", "goes with type: reference only")
	}
	if len(a.Canonical) > 0 && a.Type != "string" {
		r.problem(at+".canonical", "goes with type: string only")
	}
	if a.CaseExact && a.Type != "string" && a.Type != "reference" && a.Type != "binary" {
		r.problem(at+".case_exact", "goes with type: string only")
	}
	if a.Uniqueness != "none" && (a.Type == "complex" || a.Type == "boolean" || inner) {
		r.problem(at+".uniqueness", "goes with simple attributes that are not booleans, and not inside another")
	}
	if a.Mutability == "writeOnly" && r.nodes[at+".returned"] != nil && a.Returned != "never" {
		r.problem(at+".returned", "a writeOnly attribute is never returned; expected never, or none of it here")
	}
	r.unique(at+".canonical", a.Canonical)
	r.unique(at+".references", a.References)
}

func (r *reader) validateUnique(path string, one ScimResourceType) {
	if one.Unique == "" {
		return
	}
	i := slices.IndexFunc(one.Attributes, func(a ScimAttribute) bool { return a.Name == one.Unique })
	if i < 0 {
		var all []string
		for _, a := range one.Attributes {
			all = append(all, a.Name)
		}
		r.problem(path, "%q is none of the attributes%s; expected the name of one", r.raw(path), didYouMean(one.Unique, all))
		return
	}
	if a := one.Attributes[i]; a.Type != "string" || a.Multi {
		r.problem(path, "%q is not a text with one value; expected the name of an attribute with type: string and without multi", r.raw(path))
	}
}
