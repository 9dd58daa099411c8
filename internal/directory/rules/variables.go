package rules

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The variables of expressions, which are their types' names too.
const (
	userVariable  = "user"
	groupVariable = "group"
	profileField  = "profile"
	groupsField   = "groups"
)

// field is one field of a variable.
type field[T any] struct {
	name string
	kind *types.Type
	of   func(T) any
}

// person is a user as the fields of the variable see one. What is made of it for
// one expression serves the others too.
type person struct {
	*directory.Subject
	profile *profile
	groups  ref.Val
}

func (p *person) profileOf() any {
	if p.profile == nil {
		p.profile = &profile{types.NewStringInterfaceMap(types.DefaultTypeAdapter, p.Attributes)}
	}
	return p.profile
}

func (p *person) groupsOf() any {
	if p.groups == nil {
		p.groups = types.NewStringList(types.DefaultTypeAdapter, p.Groups)
	}
	return p.groups
}

func userFields() []field[*person] {
	return []field[*person]{
		{"id", types.StringType, func(p *person) any { return types.String(p.SourceID) }},
		{"status", types.StringType, func(p *person) any { return types.String(p.Status) }},
		{"login", types.StringType, func(p *person) any { return types.String(p.Login) }},
		{"email", types.StringType, func(p *person) any { return types.String(p.Email) }},
		{"first_name", types.StringType, func(p *person) any { return types.String(p.FirstName) }},
		{"last_name", types.StringType, func(p *person) any { return types.String(p.LastName) }},
		{"display_name", types.StringType, func(p *person) any { return types.String(p.DisplayName) }},
		{"assigned", types.BoolType, func(p *person) any { return types.Bool(p.Assigned) }},
		{groupsField, types.NewListType(types.StringType), (*person).groupsOf},
		{profileField, types.NewMapType(types.StringType, types.DynType), (*person).profileOf},
	}
}

func groupFields() []field[*directory.Group] {
	return []field[*directory.Group]{
		{"id", types.StringType, func(g *directory.Group) any { return types.String(g.SourceID) }},
		{"name", types.StringType, func(g *directory.Group) any { return types.String(g.Name) }},
		{"description", types.StringType, func(g *directory.Group) any { return types.String(g.Description) }},
		{"type", types.StringType, func(g *directory.Group) any { return types.String(g.Type) }},
	}
}

// object is a user or a group as an expression sees it.
type object[T any] struct {
	value T
	kind  *types.Type
}

func (o *object[T]) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a %s is no %v", o.kind, to)
}

func (o *object[T]) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return o.kind
	}
	return types.NewErr("a %s is no %s", o.kind, to.TypeName())
}

func (o *object[T]) Equal(other ref.Val) ref.Val {
	same, ok := other.(*object[T])
	return types.Bool(ok && same == o)
}

func (o *object[T]) Type() ref.Type { return o.kind }
func (o *object[T]) Value() any     { return o.value }

// variable is what an expression of one kind is about: it resolves that name
// and tells the checker the type's fields.
type variable[T any] struct {
	*types.Registry
	name   string
	kind   *types.Type
	fields map[string]*types.FieldType
	names  []string
}

func newVariable[T any](name string, fields []field[T]) (*variable[T], error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("make types of expressions: %w", err)
	}
	v := &variable[T]{Registry: registry, name: name, kind: types.NewObjectType(name), fields: map[string]*types.FieldType{}}
	for _, f := range fields {
		v.names = append(v.names, f.name)
		v.fields[f.name] = &types.FieldType{
			Type:  f.kind,
			IsSet: func(any) bool { return true },
			GetFrom: func(of any) (any, error) {
				value, ok := of.(T)
				if !ok {
					return nil, fmt.Errorf("%T is no %s", of, name)
				}
				return f.of(value), nil
			},
		}
	}
	return v, nil
}

// FindStructType knows the variable's type beside the usual ones.
func (v *variable[T]) FindStructType(name string) (*types.Type, bool) {
	if name == v.name {
		return types.NewTypeTypeWithParam(v.kind), true
	}
	return v.Registry.FindStructType(name)
}

// FindStructFieldNames lists the variable's fields.
func (v *variable[T]) FindStructFieldNames(name string) ([]string, bool) {
	if name == v.name {
		return slices.Clone(v.names), true
	}
	return v.Registry.FindStructFieldNames(name)
}

// FindStructFieldType knows the variable's fields.
func (v *variable[T]) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name == v.name {
		found, ok := v.fields[field]
		return found, ok
	}
	return v.Registry.FindStructFieldType(name, field)
}

func (v *variable[T]) options() []cel.EnvOption {
	return []cel.EnvOption{cel.CustomTypeProvider(v), cel.CustomTypeAdapter(v.Registry), cel.Variable(v.name, v.kind)}
}

func (v *variable[T]) of(value T) cel.Activation {
	return &binding{name: v.name, value: &object[T]{value: value, kind: v.kind}}
}

// binding is the one variable of an expression.
type binding struct {
	name  string
	value any
}

// ResolveName returns the variable.
func (b *binding) ResolveName(name string) (any, bool) { return b.value, name == b.name }

// Parent is nothing.
func (b *binding) Parent() cel.Activation { return nil }

// profile is a user's attributes. What is missing reads as an empty text, so
// that an expression need not ask first; "in" and has tell the difference.
type profile struct{ traits.Mapper }

// Find returns a value, which is an empty text when there is none.
func (p *profile) Find(key ref.Val) (ref.Val, bool) {
	if _, ok := key.(types.String); !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	if value, found := p.Mapper.Find(key); found && value != types.NullValue {
		return value, true
	}
	return types.String(""), true
}

// Get is Find for those who index.
func (p *profile) Get(key ref.Val) ref.Val {
	value, _ := p.Find(key)
	return value
}
