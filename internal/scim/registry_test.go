package scim

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRegistryServesUserGroupAndWhatIsDeclared(t *testing.T) {
	t.Parallel()
	extension := Extension{Schema: &Schema{ID: "urn:example:scim:Desk", Name: "Desk", Attributes: []Attribute{{Name: "number", Type: Integer}}}}
	r, err := NewRegistry([]Extension{extension}, nil, []*ResourceType{badge()})
	if err != nil {
		t.Fatal(err)
	}
	var types, schemas []string
	for _, resourceType := range r.Types() {
		types = append(types, resourceType.Name)
	}
	for _, s := range r.Schemas() {
		schemas = append(schemas, s.ID)
	}
	if diff := cmp.Diff([]string{"User", "Group", "Badge"}, types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	want := []string{UserSchema, EnterpriseUserSchema, "urn:example:scim:Desk", GroupSchema, "urn:example:scim:Badge", site, ServiceProviderConfigSchema, ResourceTypeSchema, SchemaSchema}
	if diff := cmp.Diff(want, schemas); diff != "" {
		t.Errorf("schemas (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/Badges", "/badges"} {
		if found, ok := r.ByEndpoint(path); !ok || found.Name != "Badge" {
			t.Errorf("nothing is served at %s", path)
		}
	}
	if found, ok := r.ByName("group"); !ok || found.Name != "Group" {
		t.Error("there is no type group")
	}
	if _, ok := r.ByEndpoint("/Nothing"); ok {
		t.Error("something is served at /Nothing")
	}
	user, _ := r.ByName("User")
	in, err := user.Decode([]byte(`{"userName":"a","urn:example:scim:desk":{"Number":4}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{UserSchema, "urn:example:scim:Desk"}, user.SchemasOf(in.Document)); diff != "" {
		t.Errorf("schemas of the document (-want +got):\n%s", diff)
	}
}

func TestRegistrySpellsTheUniqueAttributeAsTheSchemaDoes(t *testing.T) {
	t.Parallel()
	declared := badge()
	declared.Unique = "SERIAL"
	if _, err := NewRegistry(nil, nil, []*ResourceType{declared}); err != nil {
		t.Fatal(err)
	}
	if declared.Unique != "serial" {
		t.Errorf("unique is %q", declared.Unique)
	}
}

func TestRegistryRefusesDeclarations(t *testing.T) {
	t.Parallel()
	one := []Attribute{{Name: "x", Type: String}}
	with := func(a Attribute) *ResourceType {
		return &ResourceType{Name: "Thing", Endpoint: "/Things", Schema: &Schema{ID: "urn:example:Thing", Attributes: []Attribute{a}}}
	}
	tests := []struct {
		name  string
		more  *ResourceType
		users []Extension
		says  string
	}{
		{"a type without a schema", &ResourceType{Name: "Thing", Endpoint: "/Things"}, nil, "no schema"},
		{"a type named as another", &ResourceType{Name: "user", Endpoint: "/Things", Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "name is taken"},
		{"an endpoint that is another's", &ResourceType{Name: "Thing", Endpoint: "/users", Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "is taken"},
		{"RFC 7644 §3.2: an endpoint that is the protocol's", &ResourceType{Name: "Thing", Endpoint: "/Bulk", Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "is taken"},
		{"an endpoint of two words", &ResourceType{Name: "Thing", Endpoint: "/a/b", Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "one word"},
		{"a schema that is declared already", nil, []Extension{{Schema: &Schema{ID: strings.ToUpper(EnterpriseUserSchema), Attributes: one}}}, "declared already"},
		{"a schema of the discovery documents", nil, []Extension{{Schema: &Schema{ID: SchemaSchema, Attributes: one}}}, "declared already"},
		{"a URN that is none", nil, []Extension{{Schema: &Schema{ID: "desk", Attributes: one}}}, "not a URI"},
		{"a schema without attributes", nil, []Extension{{Schema: &Schema{ID: "urn:x:y"}}}, "no attributes"},
		{"an extension without a schema", nil, []Extension{{}}, "no schema"},
		{"an attribute twice", nil, []Extension{{Schema: &Schema{ID: "urn:x:y", Attributes: []Attribute{{Name: "a", Type: String}, {Name: "A", Type: String}}}}}, "twice"},
		{"RFC 7643 §2.1: a name with a dot", with(Attribute{Name: "a.b", Type: String}), nil, "a name is"},
		{"an attribute that every resource has", with(Attribute{Name: "ID", Type: String}), nil, "every resource"},
		{"an unknown type", with(Attribute{Name: "a", Type: "text"}), nil, "none of"},
		{"an unknown mutability", with(Attribute{Name: "a", Type: String, Mutability: "rw"}), nil, "none of"},
		{"an unknown returned", with(Attribute{Name: "a", Type: String, Returned: "maybe"}), nil, "none of"},
		{"an unknown uniqueness", with(Attribute{Name: "a", Type: String, Uniqueness: "type"}), nil, "none of"},
		{"a complex attribute without sub-attributes", with(Attribute{Name: "a", Type: Complex}), nil, "needs sub-attributes"},
		{"a simple attribute with sub-attributes", with(Attribute{Name: "a", Type: String, SubAttributes: one}), nil, "only a complex"},
		{"RFC 7643 §2.3.8: complex within complex", with(Attribute{Name: "a", Type: Complex, SubAttributes: []Attribute{{Name: "b", Type: Complex, SubAttributes: one}}}), nil, "within another"},
		{"several values within several", with(Attribute{Name: "a", Type: Complex, MultiValued: true, SubAttributes: []Attribute{{Name: "b", Type: String, MultiValued: true}}}), nil, "multi-valued"},
		{"required and readOnly", with(Attribute{Name: "a", Type: String, Required: true, Mutability: ReadOnly}), nil, "nobody"},
		{"required and writeOnly", with(Attribute{Name: "a", Type: String, Required: true, Mutability: WriteOnly, Returned: ReturnedNever}), nil, "not kept"},
		{"RFC 7643 §7: writeOnly and returned", with(Attribute{Name: "a", Type: String, Mutability: WriteOnly}), nil, "returned never"},
		{"unique binaries", with(Attribute{Name: "a", Type: Binary, Uniqueness: UniqueServer}), nil, "unique"},
		{"a unique attribute that is not there", &ResourceType{Name: "Thing", Endpoint: "/Things", Unique: "y", Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "unique attribute"},
		{"members without an attribute for them", &ResourceType{Name: "Thing", Endpoint: "/Things", Members: true, Schema: &Schema{ID: "urn:example:Thing", Attributes: one}}, nil, "members"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var more []*ResourceType
			if tt.more != nil {
				more = append(more, tt.more)
			}
			_, err := NewRegistry(tt.users, nil, more)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error is %v, which does not say %q", err, tt.says)
			}
		})
	}
}

func TestTypesMayBeUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	user := UserType()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := user.Decode([]byte(`{"userName":"a"}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
