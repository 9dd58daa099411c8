package scim

// Filter is a parsed filter (RFC 7644, section 3.4.2.2): *And, *Or, *Not,
// *Compare, *Present or *ValueFilter.
type Filter interface {
	// String prints the filter so that it parses to the same.
	String() string
	filter()
}

// And holds when both do.
type And struct{ Left, Right Filter }

// Or holds when one does.
type Or struct{ Left, Right Filter }

// Not holds when the other does not.
type Not struct{ Filter Filter }

// Operator compares an attribute with a value.
type Operator string

// The operators, in lower case.
const (
	Eq Operator = "eq"
	Ne Operator = "ne"
	Co Operator = "co"
	Sw Operator = "sw"
	Ew Operator = "ew"
	Gt Operator = "gt"
	Ge Operator = "ge"
	Lt Operator = "lt"
	Le Operator = "le"
)

// Compare compares an attribute with a value.
type Compare struct {
	Path     AttributePath
	Operator Operator
	// Value is a string, bool, json.Number or nil.
	Value any
}

// Present holds when an attribute has a value that is not empty ("pr").
type Present struct{ Path AttributePath }

// ValueFilter holds when one value of a multi-valued complex attribute matches
// a filter over its sub-attributes: emails[type eq "work"].
type ValueFilter struct {
	Path   AttributePath
	Filter Filter
}

func (*And) filter()         {}
func (*Or) filter()          {}
func (*Not) filter()         {}
func (*Compare) filter()     {}
func (*Present) filter()     {}
func (*ValueFilter) filter() {}

// AttributePath names an attribute, as parsed: urn:…:User:name.familyName.
type AttributePath struct {
	// URN is the schema, empty when it was not named.
	URN  string
	Name string
	// Sub is the sub-attribute, empty for none.
	Sub string
}
