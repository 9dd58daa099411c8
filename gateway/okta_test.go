package gateway_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim/oktaspec"
)

// complete is a user with everything that Okta's tests read of the first one.
func complete(c *client) object {
	return object{
		"schemas": array{userURN}, "userName": c.unique() + "@okta.example", "active": true, "displayName": "Sam Seed",
		"name":   object{"givenName": "Sam", "familyName": "Seed"},
		"emails": array{object{"primary": true, "value": "sam@okta.example", "type": "work"}},
	}
}

// TestOktaSpec runs the tests that Okta publishes for SCIM servers. They assert
// that answers come within 600 ms, which other tests beside this one can make
// impossible; docs/benchmarks.md has what a quiet machine takes.
func TestOktaSpec(t *testing.T) {
	for _, tc := range []struct {
		file                            string
		requests, elsewhere, assertions int
	}{
		{"okta-scim-20-spec-test.json", 12, 0, 52},
		// One of its requests fetches a made-up person from elsewhere.
		{"okta-scim-20-beta-test.json", 7, 1, 37},
	} {
		t.Run(tc.file, func(t *testing.T) {
			export, err := oktaspec.Read(sharedFile(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			c := startPlain(t)
			c.do(t, "POST", "/Users", complete(c)).want(t, 201)
			c.group(t)
			result, err := oktaspec.Run(t.Context(), export, oktaspec.Target{BaseURL: c.base, Authorization: c.header.Get("Authorization"), Client: c.http, Busy: 30 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			for _, failure := range result.Failures {
				t.Error(failure)
			}
			want := oktaspec.Result{Requests: tc.requests, Elsewhere: tc.elsewhere, Passed: tc.assertions}
			if result.Requests != want.Requests || result.Elsewhere != want.Elsewhere || result.Passed != want.Passed || result.Failed != 0 {
				t.Errorf("result %+v, want %+v", result, want)
			}
		})
	}
}

// captured is one of the captured exchanges.
type captured struct {
	Request    json.RawMessage `json:"request"`
	Response   object          `json:"response"`
	Method     string          `json:"method"`
	Path       string          `json:"path"`
	StatusCode int             `json:"statusCode"`
}

func readCaptured(t *testing.T, name string) captured {
	t.Helper()
	text, err := os.ReadFile(sharedFile(t, "bodies", name))
	if err != nil {
		t.Fatal(err)
	}
	var c captured
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// okta is a client with the headers of Okta's.
func okta(c *client) *client {
	return c.with("User-Agent", "Okta SCIM Client 1.0.0", "Accept", "application/scim+json", "Accept-Charset", "utf-8",
		"Accept-Encoding", "identity", "Connection", "close")
}

// TestOktaBodies replays captured requests of Okta's client in the order of
// its conversation: look for the user, create it, change it, deactivate it,
// create a group, rename it, change its members. Ids are what this gateway
// gave, wherever the captured ones are.
func TestOktaBodies(t *testing.T) {
	t.Parallel()
	plain := startPlain(t)
	c := okta(plain)
	other := plain.user(t)
	ids := strings.NewReplacer()
	replay := func(name string) answer {
		t.Helper()
		exchange := readCaptured(t, name)
		var body any
		if len(exchange.Request) > 0 {
			body = ids.Replace(string(exchange.Request))
		}
		return c.do(t, exchange.Method, ids.Replace(exchange.Path), body, "Content-Type", map[bool]string{true: "application/scim+json; charset=utf-8"}[body != nil]).
			want(t, exchange.StatusCode)
	}
	// like checks what Okta reads of an answer: all that the captured one has,
	// but for what this provider chooses.
	like := func(name string, got answer) {
		t.Helper()
		want := readCaptured(t, name).Response
		for _, key := range names(want) {
			switch key {
			case "id", "meta", "members":
			default:
				got.has(t, want[key], key)
			}
		}
	}
	replay("user_exists.json").has(t, array{listURN}, "schemas").has(t, 0, "totalResults")
	user := replay("create_user.json")
	like("create_user.json", user)
	replay("user_exists.json").has(t, 1, "totalResults").has(t, user.id(), "Resources", 0, "id")
	group := replay("create_group.json")
	like("create_group.json", group)
	ids = strings.NewReplacer("23a35c27-23d3-4c03-b4c5-6443c09e7173", user.id(), "abf4dd94-a4c0-4f67-89c9-76b03340cb9b", group.id(), "89bb1940-b905-4575-9e7f-6f887cfb368e", other.id())
	got := replay("retrieve_user.json")
	got.has(t, "test.user@okta.local", "userName").has(t, true, "active")
	updated := replay("update_user.json")
	updated.has(t, "Another", "name", "givenName").has(t, "Excited", "name", "middleName").has(t, user.id(), "id")
	// A PUT without externalId takes it away; the documents that Okta merges
	// from its GET have it.
	updated.has(t, nil, "externalId")
	replay("update_user_patch.json").has(t, false, "active").has(t, "Another", "name", "givenName")
	replay("update_group_name.json").has(t, "Test SCIMv2", "displayName")
	members := replay("update_group_membership.json")
	same(t, sorted(user.id(), other.id()), members.members(t), "members")
	group = replay("retrieve_group.json")
	same(t, sorted(user.id(), other.id()), group.members(t), "members")
	for i := range 2 {
		if group.text("members", i, "display") == "" {
			t.Errorf("a member has no display: %s", group.body)
		}
	}
	c.do(t, http.MethodDelete, "/Groups/"+group.id(), nil).want(t, 204)
}
