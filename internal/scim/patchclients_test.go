package scim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What clients are known to send, word for word in its shape.
func TestPatchUnderstandsClients(t *testing.T) {
	t.Parallel()
	const user = `{"userName":"ada","active":true,"name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"value":"a@example.com","type":"work"}]}`
	const group = `{"displayName":"G","externalId":"1"}`
	enterprise := func(inner string) string { return `"` + EnterpriseUserSchema + `":` + inner }
	for name, c := range map[string]struct {
		of             *ResourceType
		document, body string
		want           string
		wantMembers    []MemberChange
		unchanged      bool
	}{
		"Okta deactivates": {of: UserType(), document: user,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`,
			want: `"active":false`},
		"Okta deactivates, with the value in an array": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"replace","value":[{"active":false}]}]}`, want: `"active":false`},
		"Okta sets a password, which changes nothing": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"replace","value":{"password":"t1meMa$heen"}}]}`, unchanged: true},
		"Okta renames a group and repeats its id": {of: GroupType(), document: group,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"id":"own","displayName":"H"}}]}`,
			want: `"displayName":"H"`},
		"Okta removes and adds members at once": {of: GroupType(), document: group, unchanged: true,
			body:        `{"Operations":[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"add","path":"members","value":[{"value":"y","display":"y@example.com"}]}]}`,
			wantMembers: []MemberChange{{Remove: []Member{{Value: "x"}}}, {Add: []Member{{Value: "y"}}}}},
		"E1: Entra's operations are capitals": {of: UserType(), document: user,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"title","value":"T"},{"op":"Replace","path":"title","value":"U"},{"op":"Remove","path":"name"}]}`,
			want: `"title":"U","name":null`},
		"E2: Entra disables with a string": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, want: `"active":false`},
		"E2: Entra disables with Add": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Add","path":"active","value":"False"}]}`, want: `"active":false`},
		"E3, E4: Entra removes a member with a null reference": {of: GroupType(), document: group, unchanged: true,
			body:        `{"Operations":[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"x"}]}]}`,
			wantMembers: []MemberChange{{Remove: []Member{{Value: "x"}}}}},
		"E4: nulls within an address": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Add","path":"addresses","value":[{"type":"work","locality":"London","region":null,"country":""}]}]}`,
			want: `"addresses":[{"type":"work","locality":"London"}]`},
		"E5: Entra's paths, one operation each": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"name.givenName","value":"Augusta"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"b@example.com"},{"op":"Add","path":"` + EnterpriseUserSchema + `:department","value":"D"}]}`,
			want: `"name":{"givenName":"Augusta","familyName":"Byron"},"emails":[{"value":"b@example.com","type":"work"}],` + enterprise(`{"department":"D"}`)},
		"E5: a capital V": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].Value","value":"b@example.com"}]}`, want: `"emails":[{"value":"b@example.com","type":"work"}]`},
		"E6: Entra replaces what is not there": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"},{"op":"Add","path":"emails[type eq \"other\"].Value","value":"o@example.com"},{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"London"}]}`,
			want: `"phoneNumbers":[{"type":"mobile","value":"1"}],"emails":[{"value":"a@example.com","type":"work"},{"type":"other","value":"o@example.com"}],"addresses":[{"type":"work","formatted":"London"}]`},
		"E6: Entra clears what is not there": {of: UserType(), document: user, unchanged: true,
			body: `{"Operations":[{"op":"Remove","path":"phoneNumbers[type eq \"mobile\"].value"},{"op":"Replace","path":"phoneNumbers[type eq \"fax\"].value","value":""}]}`},
		"E7: keys that are paths": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"replace","value":{"name.givenName":"K","emails[type eq \"work\"].value":"b@example.com","` + EnterpriseUserSchema + `:employeeNumber":"A"}}]}`,
			want: `"name":{"givenName":"K","familyName":"Byron"},"emails":[{"value":"b@example.com","type":"work"}],` + enterprise(`{"employeeNumber":"A"}`)},
		"E8: part of a name, and a null": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"name","value":{"givenName":"K","familyName":null}}]}`, want: `"name":{"givenName":"K"}`},
		"E9: a manager as a string, after a dot": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Add","path":"` + EnterpriseUserSchema + `.manager","value":"m"}]}`, want: enterprise(`{"manager":{"value":"m"}}`)},
		"E9: a manager as a string, after a colon": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"` + EnterpriseUserSchema + `:manager","value":"m"}]}`, want: enterprise(`{"manager":{"value":"m"}}`)},
		"E9: a manager as an object in an array": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"` + EnterpriseUserSchema + `:manager","value":[{"$ref":"../Users/m","value":"m","displayName":"M"}]}]}`, want: enterprise(`{"manager":{"$ref":"../Users/m","value":"m"}}`)},
		"Entra before its flag: simple values in objects": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"Replace","path":"userName","value":[{"$ref":null,"value":"bob"}]}]}`, want: `"userName":"bob"`},
		"E15: a member is added again and again": {of: GroupType(), document: group, unchanged: true,
			body:        `{"Operations":[{"op":"Add","path":"members","value":[{"value":"x"}]},{"op":"Add","path":"members","value":[{"value":"x"}]}]}`,
			wantMembers: []MemberChange{{Add: []Member{{Value: "x"}}}}},
		"OneLogin writes in lower case, and an odd schema": {of: GroupType(), document: group, unchanged: true,
			body:        `{"schemas":"urn:scim:schemas:core:1.0","operations":[{"OP":"add","PATH":"members","VALUE":[{"value":"x"}]}]}`,
			wantMembers: []MemberChange{{Add: []Member{{Value: "x"}}}}},
		"OneLogin sends emails as an object": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"replace","path":"emails","value":{"value":"b@example.com"}}]}`, want: `"emails":[{"value":"b@example.com"}]`},
		"authentik renames with id and externalId": {of: GroupType(), document: group,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":null,"value":{"id":"own","displayName":"H","externalId":"2","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"meta":{"resourceType":"Group"}}}]}`,
			want: `"displayName":"H","externalId":"2"`},
		"authentik removes by a list": {of: GroupType(), document: group, unchanged: true,
			body:        `{"Operations":[{"op":"remove","path":"members","value":[{"value":"x"}]},{"op":"remove","path":"members","value":[{"value":"y"}]}]}`,
			wantMembers: []MemberChange{{Remove: []Member{{Value: "x"}, {Value: "y"}}}}},
		"ssosync replaces displayName and externalId": {of: GroupType(), document: group,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"id":"own","displayName":"H","externalId":"2"}}]}`,
			want: `"displayName":"H","externalId":"2"`},
		"a whole user without a path": {of: UserType(), document: user,
			body: `{"Operations":[{"op":"replace","value":{"schemas":["` + UserSchema + `"],"id":"own","meta":{"version":"1"},"groups":[],"roles":[],"userName":"ada","active":"False"}}]}`,
			want: `"active":false`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, err := ParseResource([]byte(c.document))
			if err != nil {
				t.Fatal(err)
			}
			patch, err := c.of.ParsePatch([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			patch.OwnID = "own"
			next, changed, members, err := patch.Apply(old)
			if err != nil {
				t.Fatal(err)
			}
			differs, err := ParseResource([]byte("{" + c.want + "}"))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range differs {
				if old[name] = value; value == nil {
					delete(old, name)
				}
			}
			if diff := cmp.Diff(old, next); diff != "" {
				t.Error(diff)
			}
			if changed == c.unchanged {
				t.Errorf("changed is %v", changed)
			}
			if diff := cmp.Diff(c.wantMembers, members); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The bodies of Okta's own client.
func TestPatchUnderstandsTheBodiesOfOktasClient(t *testing.T) {
	t.Parallel()
	bodies := filepath.Join(sharedFolder(t), "scim", "bodies")
	if _, err := os.Stat(bodies); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the bodies of Okta's client are absent, and CI=true requires them: %v", err)
		}
		t.Skipf("skipped: the bodies of Okta's client are absent: %v", err)
	}
	for file, of := range map[string]*ResourceType{"update_user_patch.json": UserType(), "update_group_name.json": GroupType(), "update_group_membership.json": GroupType()} {
		text, err := os.ReadFile(filepath.Join(bodies, file))
		if err != nil {
			t.Fatal(err)
		}
		var exchange struct {
			Request json.RawMessage `json:"request"`
			Path    string          `json:"path"`
		}
		if err := json.Unmarshal(text, &exchange); err != nil {
			t.Fatal(err)
		}
		patch, err := of.ParsePatch(exchange.Request)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		patch.OwnID = exchange.Path[strings.LastIndexByte(exchange.Path, '/')+1:]
		_, changed, members, err := patch.Apply(Resource{"userName": "x", "displayName": "x", "active": true})
		if err != nil || !changed && len(members) == 0 {
			t.Errorf("%s: changed %v, members %v: %v", file, changed, members, err)
		}
	}
}
