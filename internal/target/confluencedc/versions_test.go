package confluencedc_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestEachVersionDoesWhatItCanAndSaysWhatItCannot(t *testing.T) {
	t.Parallel()
	// What each call ends in; empty is success.
	type results struct{ List, Create, Deactivate, Restore, Update, Delete directory.Class }
	const no, not = directory.ClassRefused, directory.ClassUnmanaged
	for _, test := range []struct {
		version string
		options confluencedcsim.Options
		want    results
		missing int
	}{
		{version: "7.19.1", want: results{no, no, no, no, not, no}, missing: 2},
		{version: "8.1.0", want: results{no, no, no, no, not, no}, missing: 2},
		{version: "8.2.0", want: results{List: no, Create: no, Update: not}, missing: 1},
		{version: "8.3.4", want: results{List: no, Create: no, Update: not}, missing: 1},
		{version: "8.4.0", want: results{Update: not}},
		{version: "9.2.3", want: results{Update: not}},
		{version: "10.0.0"},
		{version: "10.0.3"},
		{version: "10.0.3", options: confluencedcsim.Options{ManifestXML: true}},
		{version: "8.2.0", options: confluencedcsim.Options{NoManifest: true}, want: results{List: no, Create: no, Update: not}},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			test.options.Version = test.version
			v := newVendor(t, test.options, nil, nil)
			a := v.Seed(t, "ana@example.com")
			report, err := v.target.Check(t.Context())
			told := test.version
			if test.options.NoManifest {
				told = ""
			}
			if err != nil || report.Version != told || len(report.Missing) != test.missing {
				t.Errorf("Check: %+v, %v; want %d missing", report, err, test.missing)
			}
			name, email := "Changed", "changed@example.com"
			_, listErr := v.target.Accounts(t.Context(), "")
			var got results
			for field, err := range map[*directory.Class]error{
				&got.List:       listErr,
				&got.Create:     vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "new", Email: "new@example.com"}).Err,
				&got.Deactivate: v.target.DeactivateAccount(t.Context(), a.ID),
				&got.Update:     v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name, Email: &email}),
				&got.Restore:    v.target.RestoreAccount(t.Context(), a.ID),
				&got.Delete:     v.target.DeleteAccount(t.Context(), v.Seed(t, "bo@example.com").ID),
			} {
				if err == nil {
					continue
				}
				*field = directory.ClassOf(err)
				if detail := directory.DetailOf(err); !strings.Contains(detail, "upgrade it") {
					t.Errorf("a detail does not say what to do: %v: %s", err, detail)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what the calls end in (-want +got)\n%s", diff)
			}
		})
	}
}

func TestACallThatThisVersionMustHaveAndAProxyLacksIsAnOutage(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/rest/api/admin/") {
				http.Error(w, "<html>There is no such page</html>", http.StatusNotFound)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	a := v.Seed(t, "ana@example.com")
	name, email := "Changed", "changed@example.com"
	err := v.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "new", Email: "new@example.com"}},
		func(o directory.AccountCreated) { t.Errorf("there is an outcome: %+v", o) })
	for what, err := range map[string]error{
		"create":     err,
		"deactivate": v.target.DeactivateAccount(t.Context(), a.ID),
		"restore":    v.target.RestoreAccount(t.Context(), a.ID),
		"update":     v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name, Email: &email}),
		"delete":     v.target.DeleteAccount(t.Context(), a.ID),
	} {
		if directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v, want a *directory.UnavailableError", what, err)
		}
	}
}

func TestADeactivationThatDoesNothingIsNotBelieved(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{Version: "8.5.16", DisableDoesNothing: true}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	vendortest.WantClass(t, v.target.DeactivateAccount(t.Context(), a.ID), directory.ClassRefused)
}

func TestAVersionThatTellsNoStatusIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{NoStatus: true}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	if err := v.target.DeactivateAccount(t.Context(), a.ID); err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
	if account, _ := v.Sim.Roster().Account(a.ID); account.Active {
		t.Error("the account is active")
	}
}

func TestADeactivationIsLookedAtOnceInAWhile(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	for i, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		a := v.Seed(t, email)
		v.Calls()
		if err := v.target.DeactivateAccount(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"PUT /rest/api/admin/user/{username}/disable": 1}
		if i == 0 {
			want["GET /rest/api/user"] = 1
		}
		if diff := cmp.Diff(want, v.Calls()); diff != "" {
			t.Errorf("leaver %d (-want +got)\n%s", i, diff)
		}
	}
}

func TestCheckTellsWhatThereIs(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	report, err := v.target.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := directory.TargetReport{
		Version: confluencedcsim.DefaultVersion, Directory: directory.DirectoryUnknown, Licences: []directory.Licence{{Product: "confluence"}},
		Can: []string{
			"read and change groups and memberships", "disable, enable and delete accounts", "list and create accounts",
			"change names and e-mail addresses",
		},
	}
	if diff := cmp.Diff(want, report, cmpopts.IgnoreFields(directory.TargetReport{}, "Identity", "Notes")); diff != "" {
		t.Errorf("the report (-want +got)\n%s", diff)
	}
	for _, call := range v.Engine.Calls() {
		if call.Write {
			t.Errorf("check called %s", call.Route)
		}
	}
}

func TestCheckSaysWhatIsMissingAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options confluencedcsim.Options
		change  func(*confluencedc.Config)
		want    string
	}{
		{"a wrong token", confluencedcsim.Options{}, func(c *confluencedc.Config) { c.Credential = rest.Bearer("wrong") }, "personal access token"},
		{"an address without a Confluence", confluencedcsim.Options{}, func(c *confluencedc.Config) { c.BaseURL += "/wrong" }, "base URL"},
		{"no administrator", confluencedcsim.Options{NotAdministrator: true}, nil, "confluence-administrators"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report, err := newVendor(t, test.options, test.change, nil).target.Check(t.Context())
			if err != nil {
				t.Fatalf("%v: %s", err, directory.DetailOf(err))
			}
			if !slices.ContainsFunc(report.Missing, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("missing are %q, want one with %q", report.Missing, test.want)
			}
		})
	}
}

func TestSomebodyAnonymousIsNoOwner(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, answering("/user/current", `{"type":"anonymous","displayName":"Anonymous"}`))
	report, err := v.target.Check(t.Context())
	if err != nil || len(report.Missing) == 0 || len(report.Can) > 0 {
		t.Errorf("got %+v, %v", report, err)
	}
	_, err = v.target.Protected(t.Context())
	vendortest.WantClass(t, err, directory.ClassAuth)
}
