package oktasim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// Placeholders in the paths below stand for ids that the organisation gave.
func fill(o *org, text string) string {
	for name, id := range map[string]string{
		"{ann}": o.userID("ann"), "{cleo}": o.userID("cleo"), "{dan}": o.userID("dan"), "{eve}": o.userID("eve"),
		"{engineers}": o.groupID("Engineers"), "{imported}": o.groupID("Imported"),
		"{everyone}": o.groupID("Everyone"), "{app}": oktasim.DefaultAppID,
	} {
		text = strings.ReplaceAll(text, name, id)
	}
	return text
}

func TestWhatTheVendorRefusesIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"a page of no users", "GET", "/api/v1/users?limit=0", "", 400, "E0000001"},
		{"a limit that is no number", "GET", "/api/v1/users?limit=many", "", 400, "E0000001"},
		{"an empty limit", "GET", "/api/v1/users?limit=", "", 400, "E0000001"},
		{"a cursor of another list", "GET", "/api/v1/users?after=Z3JvdXBzOjEyMw", "", 400, "E0000001"},
		{"a cursor that is none", "GET", "/api/v1/groups?after=%21", "", 400, "E0000001"},
		{"more groups than a page has", "GET", "/api/v1/groups?limit=10001", "", 400, "E0000001"},
		{"more application users than a page has", "GET", "/api/v1/apps/{app}/users?limit=501", "", 400, "E0000001"},
		{"fewer application groups than a page has", "GET", "/api/v1/apps/{app}/groups?limit=19", "", 400, "E0000001"},
		{"more application groups than a page has", "GET", "/api/v1/apps/{app}/groups?limit=201", "", 400, "E0000001"},
		{"more events than a page has", "GET", "/api/v1/logs?limit=1001", "", 400, "E0000001"},
		{"a filter on an attribute that has none", "GET", `/api/v1/users?filter=profile.title+eq+"x"`, "", 400, "E0000031"},
		{"an operator that the attribute does not have", "GET", `/api/v1/users?filter=status+gt+"ACTIVE"`, "", 400, "E0000031"},
		{"starts-with in a filter", "GET", `/api/v1/users?filter=profile.email+sw+"a"`, "", 400, "E0000031"},
		{"not in a filter", "GET", `/api/v1/users?filter=not+(status+eq+"ACTIVE")`, "", 400, "E0000031"},
		{"a value without quotation marks", "GET", `/api/v1/users?filter=status+eq+ACTIVE`, "", 400, "E0000031"},
		{"a time that is none", "GET", `/api/v1/users?filter=lastUpdated+gt+"yesterday"`, "", 400, "E0000031"},
		{"an open quotation", "GET", `/api/v1/users?filter=status+eq+"ACTIVE`, "", 400, "E0000031"},
		{"an open parenthesis", "GET", `/api/v1/users?filter=(status+eq+"ACTIVE"`, "", 400, "E0000031"},
		{"words after the end", "GET", `/api/v1/users?filter=status+eq+"ACTIVE"+"x"`, "", 400, "E0000031"},
		{"an empty filter", "GET", `/api/v1/users?filter=`, "", 400, "E0000031"},
		{"a search by membership time of users", "GET", `/api/v1/users?search=lastMembershipUpdated+gt+"2026-01-01T00:00:00.000Z"`, "", 400, "E0000031"},
		{"a filter of groups by name", "GET", `/api/v1/groups?filter=profile.name+eq+"x"`, "", 400, "E0000031"},
		{"contains in a search of groups by type", "GET", `/api/v1/groups?search=type+co+"OKTA"`, "", 400, "E0000031"},
		{"a filter of the log by publication", "GET", `/api/v1/logs?filter=published+gt+"2026-01-01T00:00:00.000Z"`, "", 400, "E0000031"},
		{"a log in no order", "GET", `/api/v1/logs?sortOrder=up`, "", 400, "E0000001"},
		{"a log since no time", "GET", `/api/v1/logs?since=monday`, "", 400, "E0000001"},
		{"a user who does not exist", "GET", "/api/v1/users/00u000", "", 404, "E0000007"},
		{"the groups of a user who does not exist", "GET", "/api/v1/users/00u000/groups", "", 404, "E0000007"},
		{"a user by e-mail that is no login", "GET", "/api/v1/users/nobody@acme.example", "", 404, "E0000007"},
		{"a group that does not exist", "GET", "/api/v1/groups/00g000", "", 404, "E0000007"},
		{"the members of a group that does not exist", "GET", "/api/v1/groups/00g000/users", "", 404, "E0000007"},
		{"an application that does not exist", "GET", "/api/v1/apps/0oa000/users", "", 404, "E0000007"},
		{"a user who does not have the application", "GET", "/api/v1/apps/{app}/users/{eve}", "", 404, "E0000007"},
		{"a group that does not have the application", "GET", "/api/v1/apps/{app}/groups/{imported}", "", 404, "E0000007"},
		{"an address that does not exist", "GET", "/api/v1/people", "", 404, "E0000007"},
		{"a method that does not exist", "PATCH", "/api/v1/users", "", 405, "E0000022"},
		{"a body that is not JSON", "POST", "/api/v1/users", "{", 400, "E0000003"},
		{"a user without an e-mail", "POST", "/api/v1/users", `{"profile":{"login":"x@acme.example","firstName":"X","lastName":"Y"}}`, 400, "E0000001"},
		{"a login that is taken, in another case", "POST", "/api/v1/users", `{"profile":{"login":"ANN@acme.example","email":"x@acme.example","firstName":"X","lastName":"Y"}}`, 400, "E0000001"},
		{"a login that is no address", "POST", "/api/v1/users", `{"profile":{"login":"annette","email":"x@acme.example","firstName":"X","lastName":"Y"}}`, 400, "E0000001"},
		{"a name that is too long", "POST", "/api/v1/users/{ann}", `{"profile":{"lastName":"` + strings.Repeat("x", 51) + `"}}`, 400, "E0000001"},
		{"an attribute that the schema does not have", "POST", "/api/v1/users/{ann}", `{"profile":{"shoeSize":"42"}}`, 400, "E0000001"},
		{"replacing a profile with a part of it", "PUT", "/api/v1/users/{ann}", `{"profile":{"lastName":"X"}}`, 400, "E0000001"},
		{"a change of somebody who left", "POST", "/api/v1/users/{cleo}", `{"profile":{"lastName":"X"}}`, 403, "E0000038"},
		{"suspending somebody who is not active", "POST", "/api/v1/users/{dan}/lifecycle/suspend", "", 400, "E0000001"},
		{"unsuspending somebody who is not suspended", "POST", "/api/v1/users/{ann}/lifecycle/unsuspend", "", 400, "E0000001"},
		{"activating somebody who is active", "POST", "/api/v1/users/{ann}/lifecycle/activate", "", 403, "E0000016"},
		{"deactivating somebody who left", "POST", "/api/v1/users/{cleo}/lifecycle/deactivate", "", 403, "E0000038"},
		{"unlocking somebody who is not locked out", "POST", "/api/v1/users/{ann}/lifecycle/unlock", "", 403, "E0000032"},
		{"a group without a name", "POST", "/api/v1/groups", `{"profile":{"name":""}}`, 400, "E0000001"},
		{"a group whose name is taken", "POST", "/api/v1/groups", `{"profile":{"name":"Engineers"}}`, 400, "E0000001"},
		{"renaming a group of an application", "PUT", "/api/v1/groups/{imported}", `{"profile":{"name":"Mine"}}`, 403, "E0000006"},
		{"adding to a group of an application", "PUT", "/api/v1/groups/{imported}/users/{eve}", "", 403, "E0000006"},
		{"taking from the group of everyone", "DELETE", "/api/v1/groups/{everyone}/users/{eve}", "", 403, "E0000006"},
		{"deleting the group of everyone", "DELETE", "/api/v1/groups/{everyone}", "", 403, "E0000006"},
		{"adding somebody who does not exist", "PUT", "/api/v1/groups/{engineers}/users/00u000", "", 404, "E0000007"},
		{"assigning nobody", "POST", "/api/v1/apps/{app}/users", `{}`, 400, "E0000001"},
		{"unassigning somebody who has it by a group", "DELETE", "/api/v1/apps/{app}/users/{ann}", "", 403, "E0000006"},
		{"unassigning somebody who does not have it", "DELETE", "/api/v1/apps/{app}/users/{eve}", "", 404, "E0000007"},
		{"unassigning a group that does not have it", "DELETE", "/api/v1/apps/{app}/groups/{imported}", "", 404, "E0000007"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, small())
			path := fill(o, test.path)
			before := o.sim.State()
			path = strings.ReplaceAll(path, `"`, "%22")
			a := o.call(test.method, path, test.body)
			p := decode[problem](t, a)
			if a.status != test.status || p.ErrorCode != test.code {
				t.Errorf("%d %s, want %d %s", a.status, p, test.status, test.code)
			}
			if p.ErrorSummary == "" || p.ErrorLink == "" || p.ErrorID == "" || p.ErrorCauses == nil {
				t.Errorf("the vendor's error body is incomplete: %s", a.body)
			}
			if a.header.Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type %q", a.header.Get("Content-Type"))
			}
			if diff := cmp.Diff(before, o.sim.State()); diff != "" {
				t.Errorf("something changed all the same:\n%s", diff)
			}
		})
	}
}

func TestACredentialIsAskedForEverywhere(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	for name, header := range map[string]string{
		"none": "", "a wrong one": "SSWS wrong", "another scheme": "Bearer " + token, "a longer one": "SSWS " + token + "x",
	} {
		for _, path := range []string{"/api/v1/users", "/api/v1/logs", "/api/v1/nowhere"} {
			a, err := o.do("GET", path, "", func(r *http.Request) {
				r.Header.Del("Authorization")
				if header != "" {
					r.Header.Set("Authorization", header)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if p := decode[problem](t, a); a.status != 401 || p.ErrorCode != "E0000011" {
				t.Errorf("%s at %s: %d %s", name, path, a.status, p)
			}
		}
	}
}

func TestABodyOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	o := newOrg(t, small())
	a, err := o.do("POST", "/api/v1/groups", `{"profile":{"name":"New"}}`, func(r *http.Request) {
		r.Header.Set("Content-Type", "text/plain")
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := decode[problem](t, a); a.status != 400 || p.ErrorCode != "E0000021" {
		t.Errorf("%d %s", a.status, p)
	}
}

func TestLoadRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	twice := small()
	twice.People[1].Login = "ANN@acme.example"
	nowhere := small()
	nowhere.People[1].Groups = []int{9}
	for name, of := range map[string]people.Organisation{"a login that is taken": twice, "a group that is not there": nowhere} {
		if err := oktasim.New(oktasim.Options{Token: token}).Load(of); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
}
