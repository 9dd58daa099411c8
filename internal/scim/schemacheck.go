package scim

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// attributeName is ATTRNAME of RFC 7643, section 2.1, with "$" for $ref.
var attributeName = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_-]*$`)

// check finds contradictions in a declared schema. In a type's own schema (core)
// the names of the attributes that every resource has are taken.
func (s *Schema) check(core bool) error {
	if u, err := url.Parse(s.ID); err != nil || u.Scheme == "" || strings.ContainsAny(s.ID, " \t\r\n\"") {
		return errors.New("the URN is not a URI")
	}
	if len(s.Attributes) == 0 {
		return errors.New("it has no attributes")
	}
	if core {
		for _, common := range commonAttributes() {
			if findAttribute(s.Attributes, common.Name) != nil {
				return fmt.Errorf("every resource has an attribute %q", common.Name)
			}
		}
	}
	return checkAttributes(s.Attributes, nil)
}

func checkAttributes(attributes []Attribute, parent *Attribute) error {
	seen := map[string]bool{}
	for i := range attributes {
		a := &attributes[i]
		if seen[foldName(a.Name)] {
			return fmt.Errorf("attribute %q is declared twice", a.Name)
		}
		seen[foldName(a.Name)] = true
		if err := a.check(parent); err != nil {
			return fmt.Errorf("attribute %q: %w", a.Name, err)
		}
		if err := checkAttributes(a.SubAttributes, a); err != nil {
			return fmt.Errorf("attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func (a *Attribute) check(parent *Attribute) error {
	switch {
	case !attributeName.MatchString(a.Name):
		return errors.New("a name is letters, digits, _ and -, beginning with a letter")
	case !slices.Contains([]Type{String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex}, a.Type):
		return fmt.Errorf("type %q is none of string, boolean, decimal, integer, dateTime, binary, reference and complex", a.Type)
	case !slices.Contains([]Mutability{"", ReadWrite, ReadOnly, Immutable, WriteOnly}, a.Mutability):
		return fmt.Errorf("mutability %q is none of readWrite, readOnly, immutable and writeOnly", a.Mutability)
	case !slices.Contains([]Returned{"", ReturnedAlways, ReturnedNever, ReturnedDefault, ReturnedRequest}, a.Returned):
		return fmt.Errorf("returned %q is none of always, never, default and request", a.Returned)
	case !slices.Contains([]Uniqueness{"", UniqueNone, UniqueServer, UniqueGlobal}, a.Uniqueness):
		return fmt.Errorf("uniqueness %q is none of none, server and global", a.Uniqueness)
	case a.Type == Complex && len(a.SubAttributes) == 0:
		return errors.New("a complex attribute needs sub-attributes")
	case a.Type != Complex && len(a.SubAttributes) > 0:
		return errors.New("only a complex attribute has sub-attributes")
	case a.Mutability == ReadOnly && a.Required:
		return errors.New("nobody can give a value that is required and readOnly")
	case a.Mutability == WriteOnly && a.Required:
		return errors.New("a writeOnly value is not kept, so it cannot be required")
	case a.Mutability == WriteOnly && a.Returned != ReturnedNever:
		return errors.New("writeOnly goes with returned never (RFC 7643, section 7)")
	case parent != nil && a.Type == Complex:
		return errors.New("a complex attribute cannot be within another (RFC 7643, section 2.3.8)")
	case parent != nil && parent.MultiValued && a.MultiValued:
		return errors.New("within a multi-valued attribute it cannot be multi-valued itself")
	case (a.Uniqueness == UniqueServer || a.Uniqueness == UniqueGlobal) && (a.Type == Complex || a.Type == Binary || a.Returned == ReturnedNever):
		return errors.New("its values cannot be kept unique")
	}
	return nil
}
