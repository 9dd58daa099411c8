package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// RFC 7643, section 2.2, with declared schemas.
func TestPatchOfADeclaredTypeKeepsItsCharacteristics(t *testing.T) {
	t.Parallel()
	const room = `{"name":"Attic","code":"A","tags":["x","y"],"keys":[{"value":"k","serial":"1"}],"sealed":[{"value":"s"}],
		"urn:example:hr:2.0":{"costCentre":"7","badge":"b"}}`
	for name, c := range map[string]struct{ operations, scimType, want string }{
		"an immutable value that stays":          {`[{"op":"replace","path":"code","value":"A"}]`, "", ``},
		"an immutable value that changes":        {`[{"op":"replace","path":"code","value":"B"}]`, MutabilityViolated, ``},
		"an immutable value that goes":           {`[{"op":"remove","path":"code"}]`, MutabilityViolated, ``},
		"an immutable list that grows":           {`[{"op":"add","path":"sealed","value":[{"value":"t"}]}]`, MutabilityViolated, ``},
		"an immutable list that changes inside":  {`[{"op":"replace","path":"sealed[value eq \"s\"].value","value":"t"}]`, MutabilityViolated, ``},
		"simple values by brackets":              {`[{"op":"remove","path":"tags[value eq \"X\"]"}]`, "", `"tags":["y"]`},
		"a simple value replaced by brackets":    {`[{"op":"replace","path":"tags[value eq \"x\"]","value":"z"}]`, "", `"tags":["z","y"]`},
		"simple values added":                    {`[{"op":"add","path":"tags","value":["y","z"]}]`, "", `"tags":["x","y","z"]`},
		"simple values in objects, as Entra's":   {`[{"op":"add","path":"tags","value":[{"$ref":null,"value":"z"}]}]`, "", `"tags":["x","y","z"]`},
		"simple values removed by a list":        {`[{"op":"remove","path":"tags","value":["y","q"]}]`, "", `"tags":["x"]`},
		"a required sub-attribute goes":          {`[{"op":"remove","path":"keys[value eq \"k\"].serial"}]`, MutabilityViolated, ``},
		"a required sub-attribute is not given":  {`[{"op":"add","path":"keys","value":[{"value":"l"}]}]`, InvalidValue, ``},
		"a required extension goes":              {`[{"op":"remove","path":"urn:example:hr:2.0"}]`, MutabilityViolated, ``},
		"an extension whose URN ends in a digit": {`[{"op":"add","path":"urn:example:hr:2.0","value":{"floor":"2"}}]`, "", `"urn:example:hr:2.0":{"costCentre":"7","badge":"b","floor":"2"}`},
		"and an attribute of it after a dot":     {`[{"op":"add","path":"URN:example:HR:2.0.floor","value":"2"}]`, "", `"urn:example:hr:2.0":{"costCentre":"7","badge":"b","floor":"2"}`},
		"a number":                               {`[{"op":"add","path":"number","value":7}]`, "", `"number":7`},
		"a number that is none":                  {`[{"op":"add","path":"number","value":7.5}]`, InvalidValue, ``},
		"a date that is none":                    {`[{"op":"add","path":"built","value":"yesterday"}]`, InvalidValue, ``},
		"a binary by brackets":                   {`[{"op":"replace","path":"keys[blob eq null].blob","value":"AAAA"}]`, "", `"keys":[{"value":"k","serial":"1","blob":"AAAA"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := patched(t, roomType(), room, c.operations)
			if c.scimType != "" {
				wantRefusal(t, err, 400, c.scimType, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want, err := ParseResource([]byte(room))
			if err != nil {
				t.Fatal(err)
			}
			differs, err := ParseResource([]byte("{" + c.want + "}"))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range differs {
				want[name] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatchRemovesAnExtensionUnlessItMustStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ document, urn, scimType, says string }{
		"an extension":                         {`{"name":"A","urn:example:hr:2.0":{"costCentre":"7"},"urn:example:site:1.0":{"gate":"g"}}`, "urn:example:site:1.0", "", ""},
		"an extension that is required":        {`{"name":"A","urn:example:hr:2.0":{"costCentre":"7"}}`, "urn:example:hr:2.0", MutabilityViolated, "is required"},
		"an extension with an immutable value": {`{"name":"A","urn:example:hr:2.0":{"costCentre":"7"},"urn:example:site:1.0":{"plot":"p"}}`, "urn:example:site:1.0", MutabilityViolated, "plot is immutable"},
	} {
		next, _, err := patched(t, roomType(), c.document, `[{"op":"remove","path":"`+c.urn+`"}]`)
		t.Log(name)
		if c.scimType != "" {
			wantRefusal(t, err, 400, c.scimType, c.says)
			continue
		}
		if _, has := next[c.urn]; err != nil || has {
			t.Error(next, err)
		}
	}
}
