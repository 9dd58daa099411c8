package scim

import (
	"fmt"
	"strings"
	"testing"
)

func patchedDocument(t testing.TB) Resource {
	t.Helper()
	in, err := UserType().Decode([]byte(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId": "00u1", "userName": "ada.byron@example.com", "displayName": "Ada Byron", "title": "Analyst", "locale": "en-GB",
		"name": {"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"}, "active": true,
		"emails": [{"value": "ada.byron@example.com", "type": "work", "primary": true}, {"value": "ada@home.example.org", "type": "home"}],
		"phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
		"addresses": [{"type": "work", "streetAddress": "12 St James's Square", "locality": "London", "country": "GB"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "employeeNumber": "1815", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	return in.Document
}

// The goal is 25 µs for the whole: reading, applying and comparing.
func BenchmarkPatchActive(b *testing.B) {
	user, old := UserType(), patchedDocument(b)
	body := []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`)
	b.ReportAllocs()
	for b.Loop() {
		patch, err := user.ParsePatch(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, changed, _, err := patch.Apply(old); err != nil || !changed {
			b.Fatal(changed, err)
		}
	}
}

func membersBody(ids int, single bool) []byte {
	var operations []string
	for i := range ids {
		value := fmt.Sprintf(`{"value":"23a35c27-23d3-4c03-b4c5-%012d","display":"user%d@example.com"}`, i, i)
		if single {
			value = fmt.Sprintf(`{"op":"add","path":"members","value":[%s]}`, value)
		}
		operations = append(operations, value)
	}
	list := strings.Join(operations, ",")
	if !single {
		list = `{"op":"add","path":"members","value":[` + list + `]}`
	}
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + list + `]}`)
}

// The goal is 400 µs for 256 members, in one operation or in as many.
func BenchmarkPatchMembers(b *testing.B) {
	for name, single := range map[string]bool{"one operation": false, "an operation each": true} {
		b.Run(name, func(b *testing.B) {
			group, body := GroupType(), membersBody(256, single)
			b.ReportAllocs()
			for b.Loop() {
				patch, err := group.ParsePatch(body)
				if err != nil || len(patch.members) != 1 || len(patch.members[0].Add) != 256 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseFilter(b *testing.B) {
	user := UserType()
	b.ReportAllocs()
	for b.Loop() {
		f, err := ParseFilter(`userName eq "ada.byron@example.com"`)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := user.CheckFilter(f); err != nil {
			b.Fatal(err)
		}
	}
}
