package scim

import "sync"

// Type is the data type of an attribute (RFC 7643, section 2.3).
type Type string

// The data types.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"
)

// Mutability says when an attribute may be written (RFC 7643, section 7).
type Mutability string

// The mutabilities.
const (
	ReadWrite Mutability = "readWrite"
	ReadOnly  Mutability = "readOnly"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned says when an attribute is in an answer (RFC 7643, section 7).
type Returned string

// When attributes are returned.
const (
	ReturnedAlways  Returned = "always"
	ReturnedNever   Returned = "never"
	ReturnedDefault Returned = "default"
	ReturnedRequest Returned = "request"
)

// Uniqueness says among which resources a value is unique (RFC 7643, section 7).
type Uniqueness string

// The uniquenesses.
const (
	UniqueNone   Uniqueness = "none"
	UniqueServer Uniqueness = "server"
	UniqueGlobal Uniqueness = "global"
)

// Attribute defines an attribute of a schema with its characteristics. The
// zero values of Mutability, Returned and Uniqueness stand for the RFC's
// defaults: readWrite, default and none.
type Attribute struct {
	Name            string
	Type            Type
	MultiValued     bool
	Description     string
	Required        bool
	CaseExact       bool
	Mutability      Mutability
	Returned        Returned
	Uniqueness      Uniqueness
	CanonicalValues []string
	ReferenceTypes  []string
	SubAttributes   []Attribute
}

// Schema is a set of attributes under a URI.
type Schema struct {
	// ID is the schema's URI.
	ID          string
	Name        string
	Description string
	Attributes  []Attribute
}

// Extension is a schema that adds attributes to a resource type.
type Extension struct {
	Schema *Schema
	// Required is whether every resource of the type must carry it.
	Required bool
}

// ResourceType is a kind of resource that is served at an endpoint.
type ResourceType struct {
	// Name is what meta.resourceType says: User, Group, ….
	Name string
	// Endpoint is the path under the base, with its slash: /Users.
	Endpoint    string
	Description string
	Schema      *Schema
	Extensions  []Extension
	// Unique is the top-level attribute that is unique within the type, such as
	// userName; empty where there is none.
	Unique string
	// Members is whether resources of the type have members, which are kept as
	// rows apart from the document.
	Members bool

	// once makes index at the first use: a type must not be changed after that.
	once  sync.Once
	index *typeIndex
}
