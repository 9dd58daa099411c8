package scim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPatchOfMembersMakesSteps(t *testing.T) {
	t.Parallel()
	ids := func(values ...string) (members []Member) {
		for _, value := range values {
			members = append(members, Member{Value: value})
		}
		return members
	}
	display := &Compare{AttributePath{Name: "display"}, Eq, "x"}
	both := &And{&Compare{AttributePath{Name: "value"}, Eq, "x"}, &Compare{AttributePath{Name: "type"}, Eq, "User"}}
	for name, c := range map[string]struct {
		operations string
		want       []MemberChange
	}{
		"add":                               {`[{"op":"add","path":"members","value":[{"value":"x","display":"X"},{"value":"y"}]}]`, []MemberChange{{Add: ids("x", "y")}}},
		"add of one object":                 {`[{"op":"add","path":"members","value":{"value":"x"}}]`, []MemberChange{{Add: ids("x")}}},
		"add of ids":                        {`[{"op":"add","path":"members","value":["x","y"]}]`, []MemberChange{{Add: ids("x", "y")}}},
		"types, said and implied":           {`[{"op":"add","path":"members","value":[{"value":"x","type":"user"},{"value":"y","$ref":"https://e/Groups/y"},{"$ref":"Users/z"}]}]`, []MemberChange{{Add: []Member{{"x", "User"}, {"y", "Group"}, {"z", "User"}}}}},
		"add without a path":                {`[{"op":"add","value":{"members":[{"value":"x"}]}}]`, []MemberChange{{Add: ids("x")}}},
		"replace":                           {`[{"op":"replace","path":"members","value":[{"value":"x"}]}]`, []MemberChange{{Clear: true, Add: ids("x")}}},
		"replace without a path":            {`[{"op":"replace","value":{"displayName":"G","members":[{"value":"x"}]}}]`, []MemberChange{{Clear: true, Add: ids("x")}}},
		"replace by nobody":                 {`[{"op":"replace","path":"members","value":[]}]`, []MemberChange{{Clear: true}}},
		"replace by null":                   {`[{"op":"replace","path":"members","value":null}]`, []MemberChange{{Clear: true}}},
		"add of nobody":                     {`[{"op":"add","path":"members","value":[]},{"op":"add","path":"members","value":null}]`, nil},
		"remove of all":                     {`[{"op":"remove","path":"members"}]`, []MemberChange{{Clear: true}}},
		"remove of one":                     {`[{"op":"remove","path":"members[value eq \"x\"]"}]`, []MemberChange{{Remove: ids("x")}}},
		"remove of one or another":          {`[{"op":"remove","path":"MEMBERS[Value eq \"x\" or (value EQ \"y\" or value eq \"z\")]"}]`, []MemberChange{{Remove: ids("x", "y", "z")}}},
		"remove by a list, as Entra":        {`[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"x"},{"value":"y"}]}]`, []MemberChange{{Remove: ids("x", "y")}}},
		"remove by an empty list":           {`[{"op":"remove","path":"members","value":[]}]`, nil},
		"remove by something else":          {`[{"op":"remove","path":"members[display eq \"x\"]"}]`, []MemberChange{{RemoveWhere: display}}},
		"remove by two things":              {`[{"op":"remove","path":"members[value eq \"x\" and type eq \"User\"]"}]`, []MemberChange{{RemoveWhere: both}}},
		"remove of all but one":             {`[{"op":"remove","path":"members[value ne \"x\"]"}]`, []MemberChange{{RemoveWhere: &Compare{AttributePath{Name: "value"}, Ne, "x"}}}},
		"removes by filters become one":     {`[{"op":"remove","path":"members[display eq \"x\"]"},{"op":"remove","path":"members[display eq \"x\"]"}]`, []MemberChange{{RemoveWhere: &Or{display, display}}}},
		"the order is kept":                 {`[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"add","path":"members","value":[{"value":"x"}]},{"op":"remove","path":"members[value eq \"y\"]"}]`, []MemberChange{{Remove: ids("x")}, {Add: ids("x")}, {Remove: ids("y")}}},
		"what comes before a clear is void": {`[{"op":"add","path":"members","value":[{"value":"x"}]},{"op":"replace","path":"members","value":[{"value":"y"}]},{"op":"add","path":"members","value":[{"value":"z"}]}]`, []MemberChange{{Clear: true, Add: ids("y", "z")}}},
		"nobody is left after a clear":      {`[{"op":"remove","path":"members"},{"op":"remove","path":"members[value eq \"x\"]"},{"op":"remove","path":"members[display eq \"x\"]"}]`, []MemberChange{{Clear: true}}},
		"a remove after a replace":          {`[{"op":"replace","path":"members","value":[{"value":"x"},{"value":"y"}]},{"op":"remove","path":"members[value eq \"x\"]"}]`, []MemberChange{{Clear: true, Add: ids("x", "y")}, {Remove: ids("x")}}},
		"who is named twice counts once":    {`[{"op":"add","path":"members","value":[{"value":"x"},{"value":"x"}]},{"op":"add","path":"members","value":{"value":"x","type":"User"}}]`, []MemberChange{{Add: []Member{{"x", "User"}}}}},
		"other operations between":          {`[{"op":"add","path":"members","value":"x"},{"op":"replace","path":"displayName","value":"H"},{"op":"add","path":"members","value":"y"}]`, []MemberChange{{Add: ids("x", "y")}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patch, err := GroupType().ParsePatch([]byte(`{"Operations":` + c.operations + `}`))
			if err != nil {
				t.Fatal(err)
			}
			next, _, steps, err := patch.Apply(Resource{"displayName": "G"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, steps); diff != "" {
				t.Error(diff)
			}
			if _, ok := next["members"]; ok {
				t.Error("members are in the document")
			}
		})
	}
}

func TestPatchOfMembersIsRefused(t *testing.T) {
	t.Parallel()
	filters := strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"members[display eq \"x\"]"},`, 257), ",")
	for name, c := range map[string]struct{ operations, scimType, says string }{
		"a part of a member":                 {`[{"op":"replace","path":"members[value eq \"x\"].display","value":"y"}]`, MutabilityViolated, `remove the member and add another`},
		"one member put in place of another": {`[{"op":"replace","path":"members[value eq \"x\"]","value":{"value":"y"}}]`, MutabilityViolated, `remove the member`},
		"members.value":                      {`[{"op":"add","path":"members.value","value":"y"}]`, MutabilityViolated, `remove the member`},
		"a member that is a number":          {`[{"op":"add","path":"members","value":[7]}]`, InvalidValue, `members`},
		"a member without a value":           {`[{"op":"add","path":"members","value":[{"display":"secret","type":"User"}]}]`, InvalidValue, `a member has no value`},
		"a value beyond all measure":         {`[{"op":"add","path":"members","value":["` + strings.Repeat("x", 513) + `"]}]`, InvalidValue, `512 bytes`},
		"the same in brackets":               {`[{"op":"remove","path":"members[value eq \"` + strings.Repeat("x", 513) + `\"]"}]`, InvalidValue, `512 bytes`},
		"an unknown sub-attribute":           {`[{"op":"remove","path":"members[shoe eq \"x\"]"}]`, InvalidFilter, `shoe`},
		"more than 256 filters":              {`[` + filters + `]`, TooMany, `at most 256 times`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := GroupType().ParsePatch([]byte(`{"Operations":` + c.operations + `}`))
			wantRefusal(t, err, 400, c.scimType, c.says)
		})
	}
}

// authentik sends an operation for each member; that is one step.
func TestPatchOfManyMembersIsOneStep(t *testing.T) {
	t.Parallel()
	patch, err := GroupType().ParsePatch(membersBody(256, true))
	if err != nil {
		t.Fatal(err)
	}
	if len(patch.members) != 1 || len(patch.members[0].Add) != 256 {
		t.Error(fmt.Sprint(len(patch.members)))
	}
}

// A resource type without members has them in its document like anything else.
func TestPatchOfAnAttributeThatIsJustCalledMembers(t *testing.T) {
	t.Parallel()
	club := &ResourceType{Name: "Club", Schema: &Schema{ID: "urn:example:club:1.0", Attributes: []Attribute{{Name: "members", Type: String, MultiValued: true}}}}
	next, changed, err := patched(t, club, `{"members":["x"]}`, `[{"op":"add","path":"members","value":["y"]}]`)
	if err != nil || !changed || !equalValues(next["members"], []any{"x", "y"}) {
		t.Error(next, changed, err)
	}
}
