package confluencedc_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestTheRandomPasswordIsInNoErrorAndNeverTheSame(t *testing.T) {
	t.Parallel()
	var passwords []string
	v := newVendor(t, confluencedcsim.Options{}, nil, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				next.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			_, rest, _ := strings.Cut(string(body), `"password":"`)
			password, _, _ := strings.Cut(rest, `"`)
			passwords = append(passwords, password)
			// Some validation that repeats what it was given.
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			if _, err := w.Write([]byte(`{"statusCode":400,"message":"not good: ` + password + `"}`)); err != nil {
				t.Error(err)
			}
		})
	})
	for range 2 {
		made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
		vendortest.WantClass(t, made.Err, directory.ClassRefused)
		for _, password := range passwords {
			if len(password) < 20 || strings.Contains(made.Err.Error()+directory.DetailOf(made.Err), password) {
				t.Errorf("the password %q is short or shown: %s", password, directory.DetailOf(made.Err))
			}
		}
	}
	if len(passwords) != 2 || passwords[0] == passwords[1] {
		t.Errorf("the passwords are %q", passwords)
	}
}

func TestAUserNameIsSentInLowerCaseAndKnownByThat(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "Ana.Berg", Email: "ana@example.com", DisplayName: "Ana"})
	want := &directory.Account{ID: "ana.berg", UserName: "ana.berg", DisplayName: "Ana", Status: directory.AccountActive, Managed: true}
	if diff := cmp.Diff(want, made.Account); made.Err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", made.Err, diff)
	}
	again := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ANA.BERG", Email: "other@example.com"})
	vendortest.WantClass(t, again.Err, directory.ClassConflict)
	for name, wanted := range map[string]directory.NewAccount{
		"a blank in the user name": {Ref: 1, UserName: "ana berg", Email: "a@example.com"},
		"a plus in the user name":  {Ref: 1, UserName: "ana+1", Email: "a@example.com"},
		"no user name":             {Ref: 1, Email: "a@example.com"},
		"no address":               {Ref: 1, UserName: "ana"},
		"the reserved user name":   {Ref: 1, UserName: "Anonymous", Email: "a@example.com"},
	} {
		v.Calls()
		if got := vendortest.Create(t, v.target, wanted); directory.ClassOf(got.Err) != directory.ClassRefused {
			t.Errorf("%s: %+v, want a *directory.RefusedError", name, got)
		}
		if calls := v.Calls(); len(calls) > 0 {
			t.Errorf("%s: Confluence was asked: %v", name, calls)
		}
	}
	for name, wanted := range map[string]directory.NewAccount{
		"no address that is one": {Ref: 1, UserName: "ana", Email: "ana"},
		"an angle in the name":   {Ref: 1, UserName: "ana", Email: "a@example.com", DisplayName: "<b>"},
	} {
		if got := vendortest.Create(t, v.target, wanted); directory.ClassOf(got.Err) != directory.ClassRefused {
			t.Errorf("%s: %+v, want a *directory.RefusedError", name, got)
		}
	}
}

func TestNameAndAddressAreWrittenTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	name, email := "Ana", "new@example.com"
	v.Calls()
	for _, patch := range []directory.AccountPatch{{DisplayName: &name}, {Email: &email}, {UserName: &name, DisplayName: &name, Email: &email}} {
		vendortest.WantClass(t, v.target.UpdateAccount(t.Context(), a.ID, patch), directory.ClassRefused)
	}
	if calls := v.Calls(); len(calls) != 0 {
		t.Errorf("Confluence was asked: %v", calls)
	}
	if err := v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name, Email: &email}); err != nil {
		t.Fatal(err)
	}
	if got, _ := v.Sim.Roster().Account(a.ID); got.DisplayName != name || got.Email != email {
		t.Errorf("the account is %+v", got)
	}
}

func TestADeletionIsWaitedFor(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{TaskPolls: 3}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	if err := v.target.DeleteAccount(t.Context(), a.ID); err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
	if _, there := v.Sim.Roster().Account(a.ID); there {
		t.Error("the account is still there")
	}
	if looks := v.Calls()["GET /rest/api/longtask/{id}"]; looks != 3 {
		t.Errorf("it took %d looks", looks)
	}
}

func TestADeletionThatFailsIsARefusal(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{TaskFails: true}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	err := v.target.DeleteAccount(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassRefused)
	if !strings.Contains(directory.DetailOf(err), "could not be removed") {
		t.Errorf("the detail is %s", directory.DetailOf(err))
	}
}

func TestAnOutageWhileADeletionIsWaitedForLeavesItInDoubt(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	a := v.Seed(t, "ana@example.com")
	v.Engine.Add(fault.Rule{API: confluencedcsim.API, Method: http.MethodGet, Kind: fault.Status, Status: 500, Times: 1})
	err := v.target.DeleteAccount(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassUnavailable)
	if !ambiguous(err) {
		t.Error("the deletion is not said to be in doubt")
	}
	if err := v.target.DeleteAccount(t.Context(), a.ID); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestARefusalIsTheDirectorysForAnAdministratorAndElseTheCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options confluencedcsim.Options
		want    directory.Class
	}{
		"an administrator": {confluencedcsim.Options{}, directory.ClassUnmanaged},
		"no administrator": {confluencedcsim.Options{NotAdministrator: true}, directory.ClassAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, test.options, nil, nil)
			a, member := v.Sim.NewAccount("ana", "ana@example.com", "Ana"), v.Seed(t, "bo@example.com")
			a.External = true
			if err := v.Sim.Roster().AddAccount(a); err != nil {
				t.Fatal(err)
			}
			g := v.Sim.NewGroup("ldap-staff")
			g.External = true
			if err := v.Sim.Roster().AddGroup(g); err != nil {
				t.Fatal(err)
			}
			if _, err := v.Sim.Roster().Join(g.ID, member.ID); err != nil {
				t.Fatal(err)
			}
			changed, email := "Changed", "changed@example.com"
			for what, err := range map[string]error{
				"update":     v.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &changed, Email: &email}),
				"deactivate": v.target.DeactivateAccount(t.Context(), a.ID),
				"delete":     v.target.DeleteAccount(t.Context(), a.ID),
				"add":        v.target.AddMember(t.Context(), g.ID, a.ID),
				"remove":     v.target.RemoveMember(t.Context(), g.ID, member.ID),
			} {
				if got := directory.ClassOf(err); err == nil || got != test.want {
					t.Errorf("%s: %v, want %s", what, err, test.want)
				}
			}
		})
	}
}

func TestARefusedMembershipThatIsAsWantedIsSuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusConflict, http.StatusNotFound, http.StatusForbidden} {
		v := newVendor(t, confluencedcsim.Options{}, nil, nil)
		a, g := v.Seed(t, "ana@example.com"), v.SeedGroup(t, "staff")
		in := v.SeedGroup(t, "in", a)
		v.Engine.Add(fault.Rule{API: confluencedcsim.API, Path: "/group/(staff|in)$", Method: http.MethodPut, Kind: fault.Status, Status: status})
		v.Engine.Add(fault.Rule{API: confluencedcsim.API, Path: "/group/(staff|in)$", Method: http.MethodDelete, Kind: fault.Status, Status: status})
		if err := v.target.AddMember(t.Context(), in.ID, a.ID); err != nil {
			t.Errorf("%d, to add who is in it: %v", status, err)
		}
		if err := v.target.RemoveMember(t.Context(), g.ID, a.ID); err != nil {
			t.Errorf("%d, to take out who is not in it: %v", status, err)
		}
		if err := v.target.AddMember(t.Context(), g.ID, a.ID); err == nil {
			t.Errorf("%d, to add who is not in it: success", status)
		}
		if err := v.target.RemoveMember(t.Context(), in.ID, a.ID); err == nil {
			t.Errorf("%d, to take out who is in it: success", status)
		}
	}
}

func TestANewPersonWithTwoGroupsCostsFourCalls(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	one, two := v.SeedGroup(t, "one"), v.SeedGroup(t, "größe & co. 100%")
	v.Calls()
	if found, err := v.target.FindAccountsBy(t.Context(), "user_name", []string{"ana"}); err != nil || len(found) > 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com", DisplayName: "Ana"})
	if made.Err != nil {
		t.Fatal(made.Err)
	}
	for _, group := range []string{one.ID, two.ID} {
		if err := v.target.AddMember(t.Context(), group, made.AccountID); err != nil {
			t.Fatalf("%v: %s", err, directory.DetailOf(err))
		}
	}
	want := map[string]int{
		"GET /rest/api/user": 1, "POST /rest/api/admin/user": 1, "PUT /rest/api/user/{username}/group/{groupName}": 2,
	}
	if diff := cmp.Diff(want, v.Calls()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

func TestAWriteThatIsTakenForForgedIsNotOurs(t *testing.T) {
	t.Parallel()
	var without bytes.Buffer
	v := newVendor(t, confluencedcsim.Options{}, nil, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Atlassian-Token") != "no-check" {
				without.WriteString(r.Method + " " + r.URL.Path + "\n")
			}
			next.ServeHTTP(w, r)
		})
	})
	a, g := v.Seed(t, "ana@example.com"), v.SeedGroup(t, "staff")
	if err := v.target.AddMember(t.Context(), g.ID, a.ID); err != nil {
		t.Fatal(err)
	}
	if without.Len() > 0 {
		t.Errorf("without the header: %s", without.String())
	}
}
