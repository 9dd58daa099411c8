package store

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// Where an attribute is stored.
const (
	ofValues = iota
	ofColumn
	ofMeta
	ofSchemas
	ofMembers
	ofGroups
)

// attributeSQL is where an attribute is stored.
type attributeSQL struct {
	kind  int
	found scim.Found
	// column of scim_resources, and what has to hold for it to be a value.
	column, guard string
	// path of scim_values.
	path string
}

// attribute finds where an attribute is stored; false when the type has none.
func (c scimFilter) attribute(path scim.AttributePath) (attributeSQL, bool) {
	found, err := c.t.Lookup(path)
	if err != nil {
		return attributeSQL{}, false
	}
	a := attributeSQL{found: found, path: found.ValuePath()}
	if found.Path.URN != "" {
		return a, true
	}
	switch name := found.Path.Name; {
	case name == "id":
		a.kind, a.column = ofColumn, "r.scim_id"
	case name == "externalId":
		a.kind, a.column, a.guard = ofColumn, "r.external_id", "r.external_id <> '' AND "
	case name == c.t.Unique:
		a.kind, a.column, a.guard = ofColumn, "r.name_key", "r.name_key IS NOT NULL AND "
	case name == "meta":
		a.kind = ofMeta
	case name == "schemas":
		a.kind = ofSchemas
	case name == "members" && c.t.Members:
		a.kind = ofMembers
	case name == "groups" && c.t.Name == "User":
		a.kind = ofGroups
	}
	return a, true
}

// sub is the path of a sub-attribute's values.
func (a attributeSQL) sub(name string) string { return a.path + "." + strings.ToLower(name) }

// paths is the condition that a value is the attribute's, or a part's of it.
func (a attributeSQL) paths(alias string) sqlPart {
	if a.found.Definition().Type != scim.Complex {
		return part(alias+".path = ?", a.path)
	}
	// "/" follows "." and ";" follows ":", between which the parts' paths are.
	if a.found.Path.Name == "" {
		return part(alias+".path >= ? AND "+alias+".path < ?", a.path+":", a.path+";")
	}
	return part(alias+".path >= ? AND "+alias+".path < ?", a.path+".", a.path+"/")
}

// keyOfValue is the key of a filter's value as it is stored.
func keyOfValue(a *scim.Attribute, value any) (string, error) {
	key, err := scim.SortKey(a, value)
	return storable(key), err
}

// holds is the condition that a text compares with a key as an operator says.
// All of them compare bytes.
func (c scimFilter) holds(text string, operator scim.Operator, key string) sqlPart {
	switch operator {
	case scim.Co:
		return part(c.dialect.contains(text), key)
	case scim.Ew:
		n := utf8.RuneCountInString(key)
		return part("LENGTH("+text+") >= CAST(? AS INTEGER) AND SUBSTR("+text+", LENGTH("+text+") - CAST(? AS INTEGER) + 1) = ?", n, n, key)
	case scim.Sw:
		if end := afterPrefix(key); end != "" {
			return part(text+" >= ? AND "+text+" < ?", key, end)
		}
		return part(text+" >= ?", key)
	}
	return part(text+" "+comparison(operator)+" ?", key)
}

func comparison(operator scim.Operator) string {
	switch operator {
	case scim.Gt:
		return ">"
	case scim.Ge:
		return ">="
	case scim.Lt:
		return "<"
	case scim.Le:
		return "<="
	}
	return "="
}

// afterPrefix is the least text that is above all that begin with a prefix:
// the prefix with its last character raised. It is empty when there is none.
func afterPrefix(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == 0xD7FF: // what follows is no character
			return prefix + "\uE000"
		case last < utf8.MaxRune:
			return prefix + string(last+1)
		}
	}
	return ""
}

// compareMeta is the condition of a comparison of a part of meta.
func (c scimFilter) compareMeta(a attributeSQL, f *scim.Compare) (sqlPart, error) {
	if a.found.Sub == nil {
		return sqlPart{}, cannotFilter("meta")
	}
	text, _ := f.Value.(string)
	switch a.found.Sub.Name {
	case "created":
		return compareTime("r.created_at", f.Operator, a.found.Sub, f.Value)
	case "lastModified":
		return compareTime("r.modified_at", f.Operator, a.found.Sub, f.Value)
	case "resourceType":
		if matchesText(f.Operator, c.t.Name, text) {
			return always, nil
		}
		return never, nil
	}
	if f.Operator != scim.Eq {
		return sqlPart{}, cannotFilter(f.Path.String() + " " + string(f.Operator))
	}
	if a.found.Sub.Name == "location" {
		return part("r.scim_id = ?", storable(lastSegment(text))), nil
	}
	version, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), 10, 64)
	if err != nil {
		return never, nil
	}
	return part("r.version = ?", version), nil
}

// compareTime compares a column of microseconds with a time that may be finer.
func compareTime(column string, operator scim.Operator, a *scim.Attribute, value any) (sqlPart, error) {
	key, err := scim.SortKey(a, value)
	if err != nil {
		return sqlPart{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, key)
	if err != nil {
		return sqlPart{}, err
	}
	if at.Nanosecond()%1000 != 0 {
		switch operator {
		case scim.Ge:
			operator = scim.Gt
		case scim.Lt:
			operator = scim.Le
		case scim.Eq:
			return never, nil
		}
	}
	return part(column+" "+comparison(operator)+" ?", at.UnixMicro()), nil
}

// compareSchemas is the condition that one of a resource's schemas compares.
func (c scimFilter) compareSchemas(f *scim.Compare) sqlPart {
	text, _ := f.Value.(string)
	if matchesText(f.Operator, c.t.Schema.ID, text) {
		return always
	}
	var any []sqlPart
	for _, extension := range c.t.Extensions {
		if !matchesText(f.Operator, extension.Schema.ID, text) {
			continue
		}
		prefix := strings.ToLower(extension.Schema.ID)
		any = append(any, part("EXISTS (SELECT 1 FROM scim_values v WHERE v.resource_id = r.id AND v.path >= ? AND v.path < ?)", prefix+":", prefix+";"))
	}
	return either(any...)
}

// matchesText is what the operators say of two texts whose case matters.
func matchesText(operator scim.Operator, have, want string) bool {
	switch operator {
	case scim.Co:
		return strings.Contains(have, want)
	case scim.Sw:
		return strings.HasPrefix(have, want)
	case scim.Ew:
		return strings.HasSuffix(have, want)
	case scim.Gt:
		return have > want
	case scim.Ge:
		return have >= want
	case scim.Lt:
		return have < want
	case scim.Le:
		return have <= want
	}
	return have == want
}

func lastSegment(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }
