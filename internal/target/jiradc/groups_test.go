package jiradc_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func groupNames(t *testing.T, v vendor) []string {
	t.Helper()
	page, err := v.target.Groups(t.Context(), "")
	if err != nil {
		t.Fatalf("Groups: %v: %s", err, directory.DetailOf(err))
	}
	if page.Next != "" {
		t.Errorf("there is another page %q", page.Next)
	}
	var names []string
	for _, group := range page.Groups {
		names = append(names, group.Name)
	}
	slices.Sort(names)
	return names
}

func TestAllGroupsAreReadThroughAPickerThatShowsFew(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) []string {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf(format, i)
		}
		return names
	}
	for _, test := range []struct {
		name    string
		groups  []string
		options jiradcsim.Options
		calls   int
	}{
		{"as many as it shows take one call", many(18, "team %02d"), jiradcsim.Options{}, 1},
		{"what is known is left out of the next question", many(98, "t%02d"), jiradcsim.Options{}, 5},
		{"names that are long are asked for in parts", many(120, strings.Repeat("x", 60)+"%03d"), jiradcsim.Options{}, 400},
		{"a picker that leaves nothing out is asked for in parts", many(98, "team %02d"), jiradcsim.Options{IgnoresExclude: true}, 400},
		{
			"names within names, in other letters and in either case",
			append(many(25, "Größe %d"), "größe", "öß", "x", "xx", "xxx", "a/b&c=d+e", "XXX - größe"),
			jiradcsim.Options{IgnoresExclude: true, PickerLimit: 5}, 900,
		},
		{
			"letters that no other name has", append(many(25, "Größe %d"), "日本", "日本 人", "😀 team", "a/b&c=d+e"),
			jiradcsim.Options{PickerLimit: 5}, 10,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, test.options, nil, nil)
			want := []string{jiradcsim.AdministratorsGroup, jiradcsim.DefaultGroup}
			for _, name := range test.groups {
				v.SeedGroup(t, name)
				want = append(want, name)
			}
			slices.Sort(want)
			v.Calls()
			if diff := cmp.Diff(want, groupNames(t, v)); diff != "" {
				t.Errorf("groups (-want +got)\n%s", diff)
			}
			if calls := v.Calls()["GET /rest/api/2/groups/picker"]; calls > test.calls {
				t.Errorf("it took %d calls, want %d at most", calls, test.calls)
			}
		})
	}
}

func TestAGroupOfUnknownLettersBehindACapIsMissedByNoList(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{IgnoresExclude: true, PickerLimit: 2}, nil, nil)
	v.SeedGroup(t, "日本")
	_, err := v.target.Groups(t.Context(), "")
	vendortest.WantClass(t, err, directory.ClassUnavailable)
}

func TestGroupsThatCannotAllBeReadAreAnOutageAndNotAShortList(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"fewer than it counts":        `{"header":"Showing 1 of 3 matching groups","total":3,"groups":[{"name":"one","labels":[]}]}`,
		"without how many there are":  `{"header":"Showing 1 of 1 matching groups","groups":[{"name":"one","labels":[]}]}`,
		"without a list":              `{"header":"","total":0}`,
		"a list that is null":         `{"header":"","total":0,"groups":null}`,
		"a group without a name":      `{"header":"","total":1,"groups":[{"html":"one"}]}`,
		"an answer of something else": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{}, nil, answering("/groups/picker", body))
			_, err := v.target.Groups(t.Context(), "")
			vendortest.WantClass(t, err, directory.ClassUnavailable)
			if strings.Contains(name, "fewer") && !strings.Contains(directory.DetailOf(err), "jira.ajax.autocomplete.limit") {
				t.Errorf("the detail does not say what to do: %s", directory.DetailOf(err))
			}
			_, err = v.target.Protected(t.Context())
			vendortest.WantClass(t, err, directory.ClassUnavailable)
		})
	}
}

// answering answers calls whose path ends in suffix with a body.
func answering(suffix, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, suffix) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			if _, err := w.Write([]byte(body)); err != nil {
				return
			}
		})
	}
}

func TestAGroupThatACappedPickerDoesNotShowIsFound(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{PickerLimit: 3}, nil, nil)
	for _, name := range []string{"a staff", "b staff", "c staff", "d staff", "staff"} {
		v.SeedGroup(t, name)
	}
	found, err := v.target.FindGroups(t.Context(), []string{"Staff", "STAFF", "taff"})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].ID != "staff" {
		t.Errorf("found %+v, want staff alone", found)
	}
}

func TestWithoutThePermissionToBrowseUsersNothingIsTakenForAbsent(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{Version: "8.20.0", Lacks: []string{"USER_PICKER"}}, nil, nil)
	v.Seed(t, "ana@example.com")
	for name, ask := range map[string]func() error{
		"FindAccounts": func() error {
			_, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
			return err
		},
		"Accounts":   func() error { _, err := v.target.Accounts(t.Context(), ""); return err },
		"Groups":     func() error { _, err := v.target.Groups(t.Context(), ""); return err },
		"FindGroups": func() error { _, err := v.target.FindGroups(t.Context(), []string{"staff"}); return err },
		"Protected":  func() error { _, err := v.target.Protected(t.Context()); return err },
	} {
		if err := ask(); directory.ClassOf(err) != directory.ClassAuth {
			t.Errorf("%s: %v, want a *directory.AuthError", name, err)
		}
	}
}

func TestAGroupIsMadeInLowerCaseAndKnownByIt(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	made, err := v.target.CreateGroup(t.Context(), directory.NewGroup{Name: "Équipe / Été"})
	if diff := cmp.Diff(directory.TargetGroup{ID: "équipe / été", Name: "équipe / été"}, made); err != nil || diff != "" {
		t.Fatalf("%v (-want +got)\n%s", err, diff)
	}
	a := v.Seed(t, "ana@example.com")
	if err := v.target.AddMember(t.Context(), made.ID, a.ID); err != nil {
		t.Fatal(err)
	}
	page, err := v.target.Members(t.Context(), made.ID, "")
	if diff := cmp.Diff([]string{a.ID}, page.AccountIDs); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
