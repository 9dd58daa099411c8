package crowd_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestAnUpdateClearsNothing(t *testing.T) {
	t.Parallel()
	full := roster.Account{
		ID: "ana", UserName: "ana", Email: "ana@example.com", DisplayName: "Ana López", Active: false,
		Attributes: map[string]string{"first-name": "Ana", "last-name": "López", "job_title": "Clerk", "theirs": "kept"},
	}
	name, email := "Ana María Ruiz", "ruiz@example.com"
	for _, test := range []struct {
		name  string
		patch directory.AccountPatch
		want  func(a *roster.Account)
		calls map[string]int
	}{
		{"an address", directory.AccountPatch{Email: &email}, func(a *roster.Account) { a.Email = email },
			map[string]int{"GET /rest/usermanagement/1/user": 1, "PUT /rest/usermanagement/1/user": 1}},
		{"a name, whose parts follow", directory.AccountPatch{DisplayName: &name}, func(a *roster.Account) {
			a.DisplayName, a.Attributes["first-name"], a.Attributes["last-name"] = name, "Ana María", "Ruiz"
		}, map[string]int{"GET /rest/usermanagement/1/user": 1, "PUT /rest/usermanagement/1/user": 1}},
		{"what is so already", directory.AccountPatch{DisplayName: &full.DisplayName}, func(*roster.Account) {},
			map[string]int{"GET /rest/usermanagement/1/user": 1}},
		{"attributes", directory.AccountPatch{Attributes: map[string]string{"department": "Sales", "job_title": ""}}, func(a *roster.Account) {
			a.Attributes["department"] = "Sales"
			delete(a.Attributes, "job_title")
		}, map[string]int{"POST /rest/usermanagement/1/user/attribute": 1, "DELETE /rest/usermanagement/1/user/attribute": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed(t, full)
			ok(t, w.target.UpdateAccount(t.Context(), "ana", test.patch))
			counts := w.engine.Counts()
			want := full
			want.Attributes = map[string]string{"first-name": "Ana", "last-name": "López", "job_title": "Clerk", "theirs": "kept"}
			test.want(&want)
			got, _ := w.sim.Roster().Account("ana")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the user (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.calls, counts); diff != "" {
				t.Errorf("calls (-want +got)\n%s", diff)
			}
		})
	}
}

func TestNamesThatWereNotMadeOfTheDisplayNameAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account("ana@example.com")
	a.DisplayName, a.Attributes = "Ana (Sales)", map[string]string{"first-name": "Ana", "last-name": "López"}
	w.seed(t, a)
	name := "Ana (Support)"
	ok(t, w.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name}))
	got, _ := w.sim.Roster().Account(a.ID)
	if got.DisplayName != name || got.Attributes["first-name"] != "Ana" || got.Attributes["last-name"] != "López" {
		t.Errorf("the user is %+v", got)
	}
}

func TestBlockingKeepsEverythingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := account("ana@example.com")
	before.Attributes = map[string]string{"first-name": "Ana", "last-name": "López", "job_title": "Clerk"}
	w.seed(t, before)
	for range 2 {
		ok(t, w.target.DeactivateAccount(t.Context(), before.ID))
	}
	want := before
	want.Active = false
	got, _ := w.sim.Roster().Account(before.ID)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the user (-want +got)\n%s", diff)
	}
	// The second time nothing is written.
	calls := map[string]int{"GET /rest/usermanagement/1/user": 2, "PUT /rest/usermanagement/1/user": 1}
	if diff := cmp.Diff(calls, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

func TestAUserIsNotRenamedAndTheRestIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	name, userName, same := "Ana", "ana.lopez", "ANA@example.com"
	err := w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{DisplayName: &name, UserName: &userName})
	if directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want a *directory.RefusedError", err)
	}
	if got, there := w.sim.Roster().Account("ana@example.com"); !there || got.DisplayName != name {
		t.Errorf("the user is %+v, %t", got, there)
	}
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{UserName: &same}))
}

func TestAUserOfAReadOnlyDirectoryIsNotOursToWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account("ana@example.com")
	a.External = true
	w.seed(t, a)
	name := "Ana"
	for what, err := range map[string]error{
		"update":     w.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{DisplayName: &name}),
		"describe":   w.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{Attributes: map[string]string{"job_title": "x"}}),
		"clear":      w.target.UpdateAccount(t.Context(), a.ID, directory.AccountPatch{Attributes: map[string]string{"location": "x", "job_title": ""}}),
		"deactivate": w.target.DeactivateAccount(t.Context(), a.ID),
		"delete":     w.target.DeleteAccount(t.Context(), a.ID),
	} {
		if directory.ClassOf(err) != directory.ClassUnmanaged {
			t.Errorf("%s: %v, want a *directory.UnmanagedError", what, err)
		}
	}
	if got, _ := w.sim.Roster().Account(a.ID); cmp.Diff(a, got) != "" {
		t.Errorf("the user is %+v", got)
	}
}

func TestAttributesAreToldByEveryReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account("ana@example.com")
	a.Attributes = map[string]string{"job_title": "Clerk", "theirs": "x"}
	w.seed(t, a)
	want := map[string]string{"job_title": "Clerk", "department": "", "organization": "", "location": ""}
	got, err := w.target.Account(t.Context(), a.ID)
	ok(t, err)
	if diff := cmp.Diff(want, got.Attributes); diff != "" {
		t.Errorf("by a look-up (-want +got)\n%s", diff)
	}
	found, err := w.target.FindAccounts(t.Context(), []string{a.Email})
	ok(t, err)
	page, err := w.target.Accounts(t.Context(), "")
	ok(t, err)
	for what, accounts := range map[string][]directory.Account{"a search": found, "the list": page.Accounts} {
		at := slices.IndexFunc(accounts, func(one directory.Account) bool { return one.ID == a.ID })
		if at < 0 {
			t.Fatalf("%s does not have the user", what)
		}
		if diff := cmp.Diff(want, accounts[at].Attributes); diff != "" {
			t.Errorf("by %s (-want +got)\n%s", what, diff)
		}
	}
}

func TestAnUpdateThatIsSaidToBeRefusedAndWasDoneIsDone(t *testing.T) {
	t.Parallel()
	sim := crowdsim.New(crowdsim.Options{})
	handler := sim.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			handler.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	target := newTarget(t, server.URL, sim.Password())
	if err := sim.Roster().AddAccount(account("ana@example.com")); err != nil {
		t.Fatal(err)
	}
	ok(t, target.DeactivateAccount(t.Context(), "ana@example.com"))
}
