package scim

import "strings"

// Path is what an operation of a PATCH aims at (RFC 7644, section 3.5.2,
// figure 7): an attribute, a sub-attribute, or the values of a multi-valued
// attribute that a filter selects, or a sub-attribute of those.
type Path struct {
	// Attribute is the attribute; its Sub is empty when there is a Filter.
	Attribute AttributePath
	// Filter selects values; nil for all.
	Filter Filter
	// Sub is the sub-attribute after the filter, empty for none.
	Sub string
}

// String prints the path so that it parses to the same.
func (p Path) String() string {
	if p.Filter == nil {
		return p.Attribute.String()
	}
	text := p.Attribute.String() + "[" + p.Filter.String() + "]"
	if p.Sub != "" {
		text += "." + p.Sub
	}
	return text
}

// String prints urn:name.sub.
func (p AttributePath) String() string {
	text := p.Name
	if p.URN != "" {
		text = p.URN + ":" + text
	}
	if p.Sub != "" {
		text += "." + p.Sub
	}
	return text
}

// ParseAttributePath reads an attribute with its schema's URN and its
// sub-attribute where it has them: userName, name.familyName, members.$ref,
// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department. The
// error is an *Error with invalidPath.
func ParseAttributePath(text string) (AttributePath, error) {
	path, ok := splitAttributePath(text)
	if !ok || len(text) > maxFilterLength {
		return AttributePath{}, refusal(InvalidPath, "this is not the name of an attribute: expected a name such as userName, name.familyName or URN:name")
	}
	return path, nil
}

// ParsePath reads the path of a PATCH operation: an attribute path, or a value
// path and, if need be, a sub-attribute after it. Limits are those of
// [ParseFilter]. The error is an *Error with invalidPath, or invalidFilter for
// what stands between the brackets (RFC 7644, section 3.12, table 9).
//
// After a URN a "." serves as well as a ":", as some clients of Microsoft's
// inbound provisioning write …:User.manager. Where that leaves a doubt
// (…:2.0:User.manager could be a sub-attribute of an attribute User), the path
// is as the standard reads it; only the schemas of a resource type can tell.
func ParsePath(text string) (Path, error) {
	text = strings.TrimSpace(text)
	bracket := strings.IndexByte(text, '[')
	if bracket < 0 {
		path, err := ParseAttributePath(text)
		return Path{Attribute: path}, err
	}
	attribute, err := ParseAttributePath(text[:bracket])
	if err != nil {
		return Path{}, err
	}
	if attribute.Sub != "" {
		return Path{}, refusal(InvalidPath, `"[" can follow an attribute, but no sub-attribute`)
	}
	filter, rest, err := parseValueFilter(text[bracket:])
	if err != nil {
		return Path{}, err
	}
	path := Path{Attribute: attribute, Filter: filter}
	if rest == "" {
		return path, nil
	}
	if rest[0] != '.' || !isAttributeName(rest[1:]) {
		return Path{}, refusal(InvalidPath, `after "]" there may only be a sub-attribute, such as .value`)
	}
	path.Sub = rest[1:]
	return path, nil
}

// parseValueFilter reads a filter from "[" to "]" and gives what follows.
func parseValueFilter(text string) (f Filter, rest string, err error) {
	p, err := newFilterParser(text, false)
	if err != nil {
		return nil, "", err
	}
	p.inValue = true
	f, err = p.bracketed(0, closeValueToken, `"and", "or" or "]"`)
	if err != nil {
		return nil, "", err
	}
	return f, text[p.token.at:], nil
}

// splitAttributePath cuts urn:name.sub. What precedes the last colon is the
// URN; two dots after it mean that the first one stands for a colon.
func splitAttributePath(text string) (path AttributePath, ok bool) {
	if colon := strings.LastIndexByte(text, ':'); colon >= 0 {
		path.URN, text = text[:colon], text[colon+1:]
		if !isURN(path.URN) {
			return AttributePath{}, false
		}
		if strings.Count(text, ".") == 2 {
			first, rest, _ := strings.Cut(text, ".")
			if !isAttributeName(first) {
				return AttributePath{}, false
			}
			path.URN, text = path.URN+":"+first, rest
		}
	}
	dotted := false
	path.Name, path.Sub, dotted = strings.Cut(text, ".")
	ok = isAttributeName(path.Name) && (!dotted || isAttributeName(path.Sub))
	return path, ok
}

// isAttributeName checks ATTRNAME (RFC 7643, section 2.1), and $ref, which the
// RFCs use and their grammar forgets.
func isAttributeName(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '$':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '_'):
		default:
			return false
		}
	}
	return name != ""
}

// isURN checks that a prefix can be a schema's URI: a scheme, a colon, and
// after it only what a URI may hold (RFC 3986, appendix A).
func isURN(text string) bool {
	colon := strings.IndexByte(text, ':')
	if colon < 1 || !isAttributeName(text[:colon]) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}()[]", c) >= 0 {
			return false
		}
	}
	return !strings.HasSuffix(text, ":")
}
