package scim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocumentComesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	in, err := badge().Decode([]byte(`{"serial":"S1","level":9007199254740993,"weight":1.50,"colours":["<red>","blue"],"pin":"1234","doors":[{"value":"a","since":"2026-01-01T00:00:00Z"}],"urn:example:scim:site:1.0":{"building":"B","floor":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	document, err := in.Document.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseResource(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Document, read); diff != "" {
		t.Errorf("document (-stored +read):\n%s", diff)
	}
	if _, kept := read["pin"]; kept || read["level"] != json.Number("9007199254740993") || read["weight"] != json.Number("1.50") {
		t.Errorf("document is %v", read)
	}
	if _, err := ParseResource([]byte(`[]`)); err == nil {
		t.Error("an array was read as a document")
	}
}

func TestRequiredOfCustomTypes(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a required attribute":                 `{"` + site + `":{"building":"B"}}`,
		"a required extension":                 `{"serial":"S"}`,
		"a required attribute of an extension": `{"serial":"S","` + site + `":{"floor":1}}`,
		"a required sub-attribute":             `{"serial":"S","doors":[{"since":"2026-01-01T00:00:00Z"}],"` + site + `":{"building":"B"}}`,
	} {
		t.Run("RFC 7643 §7: "+name+" must be there", func(t *testing.T) {
			t.Parallel()
			_, err := badge().Decode([]byte(body))
			isRefusal(t, err, InvalidValue)
		})
	}
}

func TestDisplayActiveAndUniqueValue(t *testing.T) {
	t.Parallel()
	user := UserType()
	for _, tt := range []struct {
		name    string
		d       Resource
		display string
		active  bool
		unique  string
	}{
		{"the displayName", Resource{"displayName": "Ann", "userName": "A.Lee", "active": false}, "Ann", false, "a.lee"},
		{"the formatted name", Resource{"name": map[string]any{"formatted": "Ann Lee", "givenName": "x"}, "userName": "a", "active": true}, "Ann Lee", true, "a"},
		{"the name put together", Resource{"name": map[string]any{"givenName": "Ann", "familyName": "Lee"}, "userName": "a"}, "Ann Lee", true, "a"},
		{"the userName as sent", Resource{"userName": "A.Lee"}, "A.Lee", true, "a.lee"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			unique, ok := user.UniqueValue(tt.d)
			if user.Display(tt.d) != tt.display || user.Active(tt.d) != tt.active || unique != tt.unique || !ok {
				t.Errorf("display %q, active %v, unique %q", user.Display(tt.d), user.Active(tt.d), unique)
			}
		})
	}
	if _, ok := user.UniqueValue(Resource{}); ok {
		t.Error("a document without a userName has a unique value")
	}
	if ExternalID(Resource{"externalId": "E"}) != "E" || ExternalID(Resource{}) != "" {
		t.Error("externalId is not read")
	}
	if !GroupType().Active(Resource{"active": false}) {
		t.Error("a group is not active")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	in, err := UserType().Decode([]byte(`{"userName":"A","externalId":"e","title":"Boss","active":"False","name":{"familyName":"LEE"},"emails":[{"value":"B@x","primary":true},{"value":"a@x"}],"x509Certificates":[{"value":"YQ==","display":"C"}],"` + EnterpriseUserSchema + `":{"manager":{"value":"M"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{Path: "name.familyname", Key: "lee"},
		{Path: "title", Key: "boss"},
		{Path: "active", Key: "false"},
		{Path: "emails.value", Key: "b@x"},
		{Path: "emails.primary", Key: "true"},
		{Path: "emails.value", Element: 1, Key: "a@x"},
		{Path: "x509certificates.display", Key: "c"},
		{Path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value", Key: "m"},
	}
	if diff := cmp.Diff(want, UserType().Values(in.Document)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	in, err = badge().Decode([]byte(`{"serial":"S","label":"L","level":7,"issued":"2026-01-01T00:00:00Z","colours":["Red","BLUE"],"secretNote":"n","tag":"T","pin":"1","urn:example:scim:Site:1.0":{"building":"B"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want = []Value{
		{Path: "label", Key: "L"},
		{Path: "level", Key: "1500017"},
		{Path: "issued", Key: "2026-01-01T00:00:00.000000000Z"},
		{Path: "colours", Key: "red"},
		{Path: "colours", Element: 1, Key: "blue"},
		{Path: "tag", Key: "t", Unique: true},
		{Path: "urn:example:scim:site:1.0:building", Key: "b"},
	}
	if diff := cmp.Diff(want, badge().Values(in.Document)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	stored := Resource{
		"serial": "S", "label": "L", "issued": "2026-01-01T00:00:00Z",
		"doors":  []any{map[string]any{"value": "a", "since": "2026-01-01T00:00:00Z"}},
		"holder": map[string]any{"value": "h", "kind": "k"},
		site:     map[string]any{"building": "B", "floor": json.Number("1")},
	}
	tests := []struct {
		name, body string
		want       Resource
		refused    string
	}{
		{"RFC 7644 §3.5.1: what is left out is gone, but what cannot change stays",
			`{"serial":"S","` + site + `":{"building":"C"}}`,
			Resource{"serial": "S", "issued": "2026-01-01T00:00:00Z", "holder": map[string]any{"value": "h"}, site: map[string]any{"building": "C", "floor": json.Number("1")}}, ""},
		{"RFC 7644 §3.5.1: immutable values as they are pass",
			`{"serial":"S","issued":"2026-01-01T00:00:00Z","holder":{"value":"h","kind":"z"},"doors":[{"value":"a"},{"value":"b","since":"2026-02-01T00:00:00Z"}],"` + site + `":{"building":"B","floor":1}}`,
			Resource{
				"serial": "S", "issued": "2026-01-01T00:00:00Z", "holder": map[string]any{"value": "h", "kind": "z"},
				"doors": []any{map[string]any{"value": "a", "since": "2026-01-01T00:00:00Z"}, map[string]any{"value": "b", "since": "2026-02-01T00:00:00Z"}},
				site:    map[string]any{"building": "B", "floor": json.Number("1")},
			}, ""},
		{"RFC 7644 §3.5.1: another immutable value", `{"serial":"T","` + site + `":{"building":"B"}}`, nil, MutabilityViolated},
		{"another immutable sub-attribute", `{"serial":"S","holder":{"value":"i"},"` + site + `":{"building":"B"}}`, nil, MutabilityViolated},
		{"another immutable sub-attribute of a value", `{"serial":"S","doors":[{"value":"a","since":"2027-01-01T00:00:00Z"}],"` + site + `":{"building":"B"}}`, nil, MutabilityViolated},
		{"another immutable attribute of an extension", `{"serial":"S","` + site + `":{"building":"B","floor":2}}`, nil, MutabilityViolated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before, err := stored.Encode()
			if err != nil {
				t.Fatal(err)
			}
			in, err := badge().Decode([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := badge().Replace(stored, in.Document)
			if tt.refused != "" {
				isRefusal(t, err, tt.refused)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
			if after, _ := stored.Encode(); string(after) != string(before) {
				t.Errorf("the stored document was changed to %s", after)
			}
		})
	}
	t.Run("an immutable value may be set for the first time", func(t *testing.T) {
		t.Parallel()
		in, err := badge().Decode([]byte(`{"serial":"S","issued":"2026-01-01T00:00:00Z","` + site + `":{"building":"B","floor":2}}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := badge().Replace(Resource{"serial": "S"}, in.Document)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in.Document, got); diff != "" {
			t.Errorf("document (-want +got):\n%s", diff)
		}
	})
}
