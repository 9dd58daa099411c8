package crowdsim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func TestSearches(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, email := range map[string]string{"ana": "ana@example.com", "ben": "BEN@example.com", "star": "st*r@example.com"} {
		if got := a.call(t, "POST", "/user", user(name, email)); got.Status != 201 {
			t.Fatal(got.Text)
		}
	}
	for restriction, want := range map[string]string{
		`email="ana@example.com"`:                            "ana",
		`email = "ben@EXAMPLE.com"`:                          "ben",
		`email="ana@example.com" or email="ben@example.com"`: "ana ben",
		`name=ana AND active=true`:                           "ana",
		`name=ana AND active=false`:                          "",
		`(name=ana or name=ben) and email="b*"`:              "ben",
		`email="*@example.com"`:                              "ana ben star",
		`email="*xample*"`:                                   "crowd-admin ana ben star",
		`name="a\na"`:                                        "ana",
		`displayName="F L" and name="ana"`:                   "ana",
	} {
		got := a.call(t, "GET", "/search?entity-type=user&restriction="+url.QueryEscape(restriction), "")
		names := map[string]bool{}
		for _, one := range got.Body["users"].([]any) {
			names[one.(map[string]any)["name"].(string)] = true
		}
		wanted := map[string]bool{}
		for _, name := range strings.Fields(want) {
			wanted[name] = true
		}
		if diff := cmp.Diff(wanted, names); diff != "" {
			t.Errorf("%s (-want +got)\n%s", restriction, diff)
		}
	}
}

func TestListsStopAtMaxResultsWithoutAWord(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	names := func(query string) []string {
		got := a.call(t, "GET", "/search?entity-type=user"+query, "")
		list := []string{}
		for _, one := range got.Body["users"].([]any) {
			fields := one.(map[string]any)
			list = append(list, fields["name"].(string))
			// What is not expanded is a name, of which even active says nothing.
			_, told := fields["active"]
			if expanded := len(fields) > 2; expanded != strings.Contains(query, "expand=user") || told != expanded {
				t.Errorf("%s: %v", query, fields)
			}
		}
		return list
	}
	for query, want := range map[string][]string{
		"":               {"crowd-admin", "ana", "ben"},
		"&max-results=2": {"crowd-admin", "ana"},
		"&start-index=2&max-results=2&expand=user": {"ben"},
		"&start-index=3": {},
	} {
		if diff := cmp.Diff(want, names(query)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", query, diff)
		}
	}
}

func TestListEffects(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := newAPI(t, func(o *crowdsim.Options) { o.Now = func() time.Time { return now } })
	now = now.Add(-time.Minute)
	for i := range 5 {
		a.call(t, "POST", "/user", user(fmt.Sprintf("u%d", i), ""))
	}
	now = now.Add(time.Minute)
	a.call(t, "POST", "/user", user("late", ""))
	for kind, want := range map[fault.Kind]int{fault.Empty: 0, fault.Half: 4, fault.SkipPage: 5, fault.Stale: 6, "": 7} {
		id := ""
		if kind != "" {
			id = a.engine.Add(fault.Rule{API: crowdsim.API, Kind: kind})
		}
		n := 0
		for start := 0; ; start += 2 {
			got := a.call(t, "GET", fmt.Sprintf("/search?entity-type=user&max-results=2&start-index=%d", start), "")
			page := got.Body["users"].([]any)
			n += len(page)
			if len(page) < 2 {
				break
			}
		}
		if n != want {
			t.Errorf("%q: %d users, want %d", kind, n, want)
		}
		a.engine.Remove(id)
	}
}

func TestAListOfWhatIsNotThereIsEmpty(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for path, list := range map[string]string{
		"/group/user/direct?groupname=green": "users", "/group/user/nested?groupname=green": "users",
		"/group/child-group/direct?groupname=green": "groups", "/user/group/direct?username=cat": "groups",
	} {
		got := a.call(t, "GET", path, "")
		if elements, is := got.Body[list].([]any); got.Status != 200 || !is || len(elements) != 0 {
			t.Errorf("%s: %d %s", path, got.Status, got.Text)
		}
	}
}

func TestAttributesAreEmptyUnlessTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	if got := a.call(t, "POST", "/user/attribute?username=ana", `{"attributes":[{"name":"x","values":["1"]}]}`); got.Status != 204 {
		t.Fatal(got.Text)
	}
	count := func(user any) int {
		return len(user.(map[string]any)["attributes"].(map[string]any)["attributes"].([]any))
	}
	for path, want := range map[string]int{"/user?username=ana": 0, "/user?username=ana&expand=attributes": 1} {
		if got := count(a.call(t, "GET", path, "").Body); got != want {
			t.Errorf("%s: %d attributes, want %d", path, got, want)
		}
	}
	for expand, want := range map[string]int{"user": 0, "user,attributes": 1} {
		got := a.call(t, "GET", "/search?entity-type=user&restriction=name%3Dana&expand="+expand, "").Body["users"].([]any)
		if n := count(got[0]); n != want {
			t.Errorf("expand=%s: %d attributes, want %d", expand, n, want)
		}
	}
}
