package bitbucketdc_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// instead answers one path with a fixed status and body.
func instead(path string, status int, body string) func(*world) {
	return func(w *world) {
		w.around = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != path {
					next.ServeHTTP(rw, r)
					return
				}
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, body)
			})
		}
	}
}

func TestAnAnswerThatIsNoPageIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":                        ``,
		"null":                           `null`,
		"an object without a list":       `{}`,
		"a list that is null":            `{"values":null,"isLastPage":true}`,
		"a page that does not say more":  `{"values":[]}`,
		"a page whose next is nowhere":   `{"values":[],"isLastPage":false,"nextPageStart":null}`,
		"a page whose next is this one":  `{"values":[],"isLastPage":false,"nextPageStart":0}`,
		"a page of a proxy":              `<html>maintenance</html>`,
		"a list of something else":       `{"values":["x"],"isLastPage":true}`,
		"an object in place of the list": `{"values":{},"isLastPage":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for path, ask := range map[string]func(w *world) error{
				"/rest/api/latest/admin/users":  func(w *world) error { _, err := w.target.Accounts(t.Context(), ""); return err },
				"/rest/api/latest/users":        func(w *world) error { _, err := w.target.Accounts(t.Context(), ""); return err },
				"/rest/api/latest/admin/groups": func(w *world) error { _, err := w.target.Groups(t.Context(), ""); return err },
				"/rest/api/latest/admin/groups/more-members": func(w *world) error {
					_, err := w.target.Members(t.Context(), bitbucketdcsim.UsersGroup, "")
					return err
				},
				"/rest/api/latest/admin/permissions/groups": func(w *world) error { _, err := w.target.Protected(t.Context()); return err },
				"/rest/api/latest/admin/permissions/users":  func(w *world) error { _, err := w.target.Protected(t.Context()); return err },
			} {
				if err := ask(newWorld(t, instead(path, 200, body))); directory.ClassOf(err) != directory.ClassUnavailable {
					t.Errorf("%s: %v, want a *directory.UnavailableError", path, err)
				}
			}
		})
	}
}

func TestAPageThatIsNotBitbucketsMakesNobodyMissing(t *testing.T) {
	t.Parallel()
	const page = "<html>404</html>"
	w := newWorld(t, instead("/rest/api/latest/admin/users", 404, page))
	_, err := w.target.Account(t.Context(), "ana")
	for what, err := range map[string]error{
		"a look-up": err, "a removal": w.target.DeleteAccount(t.Context(), "ana"),
	} {
		if directory.ClassOf(err) != directory.ClassAuth {
			t.Errorf("%s: %v, want a *directory.AuthError", what, err)
		}
	}
}

func TestTheListOfAccountsSaysWhoHasAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.options.MaxPage = 3 })
	want := map[string]directory.AccountStatus{
		bitbucketdcsim.DefaultUser: directory.AccountActive, bitbucketdcsim.Operator: directory.AccountActive,
	}
	for i := range 10 {
		a := account(fmt.Sprintf("p%d@example.com", i))
		want[a.ID] = directory.AccountSuspended
		if i == 7 {
			a.Active, want[a.ID] = false, directory.AccountClosed
		}
		w.seed(t, a)
		if i%2 == 0 {
			w.join(t, bitbucketdcsim.UsersGroup, a.ID)
			want[a.ID] = directory.AccountActive
		}
	}
	got := map[string]directory.AccountStatus{}
	for cursor := ""; ; {
		page, err := w.target.Accounts(t.Context(), cursor)
		ok(t, err)
		for _, a := range page.Accounts {
			got[a.ID] = a.Status
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got)\n%s", diff)
	}
	// Twelve users, seven of them licensed, three a page: four pages and three.
	counts := map[string]int{"GET /rest/api/latest/admin/users": 4, "GET /rest/api/latest/users": 3}
	if diff := cmp.Diff(counts, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

func TestAListingGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.options.MaxPage = 2 })
	w.seed(t, account("third@example.com"))
	first, err := w.target.Accounts(t.Context(), "")
	ok(t, err)
	second := newTarget(t, w)
	page, err := second.Accounts(t.Context(), first.Next)
	if err != nil || len(page.Accounts) != 1 || page.Accounts[0].Status != directory.AccountSuspended {
		t.Errorf("got %+v, %v", page, err)
	}
	for _, cursor := range []string{"x", "-3", "0"} {
		if _, err := w.target.Accounts(t.Context(), cursor); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestAnAddressThatSeveralHaveIsThereSeveralTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Two directories may hold the same address.
	one, two := account("ana@example.com"), account("ana2@example.com")
	two.Email, two.External = "ana@example.com", true
	w.seed(t, one, two, roster.Account{ID: "x", UserName: "x", Email: "xana@example.com", Active: true})
	found, err := w.target.FindAccounts(t.Context(), []string{"ANA@example.com", "ana@example.com"})
	ok(t, err)
	var ids []string
	for _, a := range found {
		ids = append(ids, a.ID)
		if a.ReadOnly != (a.ID == two.ID) || a.Managed == (a.ID == two.ID) {
			t.Errorf("%+v: who may be written is wrong", a)
		}
	}
	if diff := cmp.Diff([]string{one.ID, two.ID}, ids); diff != "" {
		t.Errorf("found (-want +got)\n%s", diff)
	}
}

func TestTheLicenceIsOnesOwnAndNotANamesakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"ana", "ana2"} {
		w.seed(t, roster.Account{ID: name, UserName: name, Email: name + "@example.com", Active: true})
	}
	w.join(t, bitbucketdcsim.UsersGroup, "ana2")
	for name, want := range map[string]directory.AccountStatus{"ana": directory.AccountSuspended, "ana2": directory.AccountActive} {
		if got, err := w.target.Account(t.Context(), name); err != nil || got.Status != want {
			t.Errorf("%s is %s, %v; want %s", name, got.Status, err, want)
		}
	}
}

func TestAListingThatBeginsAnewAsksAgainWhoIsLicensed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.options.MaxPage = 2 })
	w.seed(t, account("third@example.com"))
	_, err := w.target.Accounts(t.Context(), "")
	ok(t, err)
	ok(t, w.sim.Roster().ChangeAccount(bitbucketdcsim.DefaultUser, func(a *roster.Account) { a.Permissions = nil }))
	page, err := w.target.Accounts(t.Context(), "")
	if err != nil || page.Accounts[0].ID != bitbucketdcsim.DefaultUser || page.Accounts[0].Status != directory.AccountSuspended {
		t.Errorf("got %+v, %v", page.Accounts, err)
	}
}
