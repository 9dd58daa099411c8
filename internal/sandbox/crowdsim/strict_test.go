package crowdsim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
)

func TestRefusalsAreCrowds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		reason                   string
	}{
		{"a user who exists", "POST", "/user", user("ANA", "x@example.com"), 400, "INVALID_USER"},
		{"a user without a name", "POST", "/user", user("", "x@example.com"), 400, "INVALID_USER"},
		{"a user without a password", "POST", "/user", `{"name":"cat","active":true}`, 400, "INVALID_CREDENTIAL"},
		{"an address that is none", "POST", "/user", user("cat", "x y"), 400, "INVALID_EMAIL"},
		{"a field that there is not", "POST", "/user", `{"name":"cat","shoe-size":44}`, 400, "ILLEGAL_ARGUMENT"},
		{"a user who is not there", "GET", "/user?username=cat", "", 404, "USER_NOT_FOUND"},
		{"an update of somebody who is not there", "PUT", "/user?username=cat", user("cat", ""), 404, "USER_NOT_FOUND"},
		{"an update under another name", "PUT", "/user?username=ana", user("ben", ""), 400, "ILLEGAL_ARGUMENT"},
		{"a removal of somebody who is not there", "DELETE", "/user?username=cat", "", 404, "USER_NOT_FOUND"},
		{"a group that exists", "POST", "/group", `{"name":"RED","type":"GROUP"}`, 400, "INVALID_GROUP"},
		{"a group without a type", "POST", "/group", `{"name":"green"}`, 400, "INVALID_GROUP"},
		{"a group that is not there", "GET", "/group?groupname=green", "", 404, "GROUP_NOT_FOUND"},
		{"a member who is one", "POST", "/user/group/direct?username=ana", `{"name":"red"}`, 409, "MEMBERSHIP_ALREADY_EXISTS"},
		{"a member who is one, from the group", "POST", "/group/user/direct?groupname=red", `{"name":"ana"}`, 409, "MEMBERSHIP_ALREADY_EXISTS"},
		{"a group that is missing in the body", "POST", "/user/group/direct?username=ana", `{"name":"green"}`, 400, "GROUP_NOT_FOUND"},
		{"a user who is missing in the query", "POST", "/user/group/direct?username=cat", `{"name":"red"}`, 404, "USER_NOT_FOUND"},
		{"a membership that is not there", "GET", "/user/group/direct?username=ben&groupname=red", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a removal from a group that one is not in", "DELETE", "/user/group/direct?username=ben&groupname=red", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a member of a group that is not there", "GET", "/group/user/direct?groupname=green&username=ana", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a child of a group that is not there", "GET", "/group/child-group/nested?groupname=green&child-groupname=red", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a membership of a user who is not there", "GET", "/user/group/direct?username=cat&groupname=red", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a group in itself", "POST", "/group/child-group/direct?groupname=red", `{"name":"red"}`, 400, "INVALID_MEMBERSHIP"},
		{"a child that is missing in the body", "POST", "/group/child-group/direct?groupname=red", `{"name":"green"}`, 400, "GROUP_NOT_FOUND"},
		{"a child that is none", "DELETE", "/group/child-group/direct?groupname=red&child-groupname=blue", "", 404, "MEMBERSHIP_NOT_FOUND"},
		{"a search for nothing", "GET", "/search", "", 400, "ILLEGAL_ARGUMENT"},
		{"a search by what there is not", "GET", "/search?entity-type=user&restriction=shoe%3D1", "", 400, "ILLEGAL_ARGUMENT"},
		{"a search that does not end", "GET", "/search?entity-type=user&restriction=name%3D%22ana", "", 400, "ILLEGAL_ARGUMENT"},
		{"a page that is no number", "GET", "/search?entity-type=user&start-index=x", "", 400, "ILLEGAL_ARGUMENT"},
		{"an attribute without a value", "POST", "/user/attribute?username=ana", `{"attributes":[{"name":"x","values":[]}]}`, 400, "ILLEGAL_ARGUMENT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			a.seed(t)
			before := a.sim.Roster().State()
			got := a.call(t, test.method, test.path, test.body)
			if got.Status != test.status || got.Body["reason"] != test.reason {
				t.Errorf("%d %s, want %d %s", got.Status, got.Text, test.status, test.reason)
			}
			if diff := cmp.Diff(before, a.sim.Roster().State()); diff != "" {
				t.Errorf("a refusal changed something\n%s", diff)
			}
		})
	}
}

func TestWhoDoesNotSpeakAsCrowdWantsIsNotServed(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if got := a.call(t, "GET", "/user?username=crowd-admin", "", "Authorization", "Basic bm9ib2R5Om5vdGhpbmc="); got.Status != 401 || got.Body != nil {
		t.Errorf("a user's password: %d %s, want 401 in plain text", got.Status, got.Text)
	}
	if got := a.call(t, "GET", "/user?username=crowd-admin", "", "Accept", "*/*"); !strings.HasPrefix(got.Text, "<?xml") {
		t.Errorf("without asking for JSON: %s, want XML", got.Text)
	}
	if got := a.call(t, "POST", "/user", user("ana", ""), "Content-Type", "text/plain"); got.Status != 400 {
		t.Errorf("plain text: %d", got.Status)
	}
	if got := a.call(t, "GET", "/nothing", ""); got.Status != 404 || got.Body != nil {
		t.Errorf("a path that is not there: %d %s, want 404 that is not the API's", got.Status, got.Text)
	}
}

func TestAnUpdateReplacesTheWholeUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	if got := a.call(t, "PUT", "/user?username=ana", `{"name":"ana","email":"new@example.com"}`); got.Status != 204 {
		t.Fatalf("%d %s", got.Status, got.Text)
	}
	got := a.call(t, "GET", "/user?username=ANA&expand=attributes", "").Body
	for field, want := range map[string]any{"name": "ana", "email": "new@example.com", "display-name": "", "first-name": "", "active": false} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
}

func TestARenamedUserIsAnotherToWhoKeepsTheName(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	if got := a.call(t, "POST", "/user/rename?username=ana", `{"new-name":"ana.lopez"}`); got.Status != 200 {
		t.Fatalf("%d %s", got.Status, got.Text)
	}
	if got := a.call(t, "GET", "/user?username=ana", ""); got.Status != 404 {
		t.Errorf("the old name: %d", got.Status)
	}
	if got := a.call(t, "GET", "/user/group/direct?username=ana.lopez&groupname=red", ""); got.Status != 200 {
		t.Errorf("the membership under the new name: %d", got.Status)
	}
}

func TestWhatChangesIsLoggedOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	for range 2 {
		a.call(t, "PUT", "/user?username=ana", `{"name":"ana","email":"ana@example.com","first-name":"F","last-name":"L","display-name":"F L","active":false}`)
		a.call(t, "POST", "/group/child-group/direct?groupname=red", `{"name":"blue"}`)
		a.call(t, "POST", "/user/attribute?username=ben", `{"attributes":[{"name":"x","values":["1"]}]}`)
		a.call(t, "DELETE", "/user/group/direct?username=ana&groupname=red", "")
	}
	a.call(t, "DELETE", "/group/child-group/direct?groupname=red&child-groupname=blue", "")
	a.call(t, "DELETE", "/group?groupname=blue", "")
	a.call(t, "DELETE", "/user?username=ben", "")
	want := map[string]int{
		"create-account:ana@example.com": 1, "create-account:ben@example.com": 1, "create-group:red": 1, "create-group:blue": 1,
		"add-member:red:ana": 1, "deactivate-account:ana": 1, "add-subgroup:red:blue": 1, "update-account:ben": 1,
		"remove-member:red:ana": 1, "remove-subgroup:red:blue": 1, "remove-group:blue": 1, "remove-account:ben": 1,
	}
	if diff := cmp.Diff(want, a.engine.AppliedKeys()); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
}

func TestJiraPutsNamesInLowerCase(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *crowdsim.Options) { o.Jira = true })
	a.call(t, "POST", "/user", user("Ana", "Ana@example.com"))
	a.call(t, "POST", "/group", `{"name":"Red","type":"GROUP"}`)
	for path, want := range map[string]string{"/user?username=ANA": "ana", "/group?groupname=RED": "red"} {
		if got := a.call(t, "GET", path, ""); got.Body["name"] != want {
			t.Errorf("%s: %s, want the name %s", path, got.Text, want)
		}
	}
}

func TestJiraTakesNoWriteThatABrowserCouldHaveBeenTrickedInto(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *crowdsim.Options) { o.Jira = true })
	a.seed(t)
	const path = "/user/group/direct?username=ana&groupname=red"
	if got := a.call(t, "DELETE", path, "", "Content-Type", "text/plain"); got.Status != 403 {
		t.Errorf("without the header: %d, want 403", got.Status)
	}
	if got := a.call(t, "DELETE", path, "", "Content-Type", "text/plain", "X-Atlassian-Token", "no-check"); got.Status != 204 {
		t.Errorf("with it: %d, want 204", got.Status)
	}
	if got := a.call(t, "GET", "/user?username=ana", "", "Content-Type", "text/plain"); got.Status != 200 {
		t.Errorf("a reading: %d, want 200", got.Status)
	}
}

func TestAListIsNoLongerThanTheServerLikes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *crowdsim.Options) { o.MaxResults = 2 })
	a.seed(t)
	for start, want := range map[string]int{"0": 2, "2": 1, "3": 0} {
		got := a.call(t, "GET", "/search?entity-type=user&max-results=1000&start-index="+start, "")
		if users, _ := got.Body["users"].([]any); len(users) != want {
			t.Errorf("from %s: %s, want %d users", start, got.Text, want)
		}
	}
}
