package crowd_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
)

// answering is a target whose every call has one answer.
func answering(t *testing.T, status int, body string) *crowd.Target {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return newTarget(t, server.URL, "secret")
}

// reads are all methods that read.
func reads(t *testing.T, target *crowd.Target) map[string]error {
	errs := map[string]error{}
	_, errs["Accounts"] = target.Accounts(t.Context(), "")
	_, errs["Account"] = target.Account(t.Context(), "ana")
	_, errs["FindAccounts"] = target.FindAccounts(t.Context(), []string{"ana@example.com"})
	_, errs["FindAccountsBy"] = target.FindAccountsBy(t.Context(), "user_name", []string{"ana"})
	_, errs["Groups"] = target.Groups(t.Context(), "")
	_, errs["FindGroups"] = target.FindGroups(t.Context(), []string{"club"})
	_, errs["Members"] = target.Members(t.Context(), "club", "")
	_, errs["Subgroups"] = target.Subgroups(t.Context(), "club", "")
	_, errs["Protected"] = target.Protected(t.Context())
	_, errs["Check"] = target.Check(t.Context())
	return errs
}

func TestAnAnswerThatIsNoListIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":                     ``,
		"null":                        `null`,
		"an object without a list":    `{}`,
		"lists that are null":         `{"users":null,"groups":null}`,
		"elements without a name":     `{"users":[{}],"groups":[{}]}`,
		"objects in place of lists":   `{"users":{},"groups":{}}`,
		"a page of a proxy":           `<html>maintenance</html>`,
		"XML, which nobody asked for": `<?xml version="1.0"?><users/>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, err := range reads(t, answering(t, 200, body)) {
				if directory.ClassOf(err) != directory.ClassUnavailable {
					t.Errorf("%s: %v, want a *directory.UnavailableError", method, err)
				}
			}
		})
	}
}

func TestAPageThatIsNotCrowdsMakesNobodyMissing(t *testing.T) {
	t.Parallel()
	target := answering(t, 404, "<html>404</html>")
	errs := reads(t, target)
	delete(errs, "Check") // which says what to do about it
	errs["DeleteAccount"] = target.DeleteAccount(t.Context(), "ana")
	errs["RemoveMember"] = target.RemoveMember(t.Context(), "club", "ana")
	errs["RemoveSubgroup"] = target.RemoveSubgroup(t.Context(), "club", "inner")
	errs["DeactivateAccount"] = target.DeactivateAccount(t.Context(), "ana")
	for method, err := range errs {
		if directory.ClassOf(err) != directory.ClassAuth {
			t.Errorf("%s: %v, want a *directory.AuthError", method, err)
		}
	}
}

func TestAnAnswerAboutSomebodyElseIsAnOutage(t *testing.T) {
	t.Parallel()
	target := answering(t, 200, `{"name":"ben","active":true}`)
	if _, err := target.Account(t.Context(), "ana"); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %v", err)
	}
	if err := target.DeactivateAccount(t.Context(), "ana"); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestOddAddressesAreFoundWholeAndAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	odd := []string{`quo"te@example.com`, `back\slash@example.com`, `"or" email="x@example.com`, `star*@example.com`, `*@example.com`, `a b@example.com`, `(x)@example.com`}
	for i, email := range append(slices.Clone(odd), "star.not@example.com", "plain@example.com") {
		a := account(email)
		a.ID, a.UserName = fmt.Sprintf("u%d", i), fmt.Sprintf("u%d", i)
		w.seed(t, a)
	}
	for i, email := range odd {
		found, err := w.target.FindAccounts(t.Context(), []string{email})
		if err != nil || len(found) != 1 || found[0].ID != fmt.Sprintf("u%d", i) {
			t.Errorf("%s: found %+v, %v", email, found, err)
		}
	}
	found, err := w.target.FindAccounts(t.Context(), odd)
	if err != nil || len(found) != len(odd) {
		t.Errorf("found %d of %d together, %v", len(found), len(odd), err)
	}
}

func TestAnAddressThatSeveralHaveIsThereSeveralTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := account("ana@example.com"), account("ana@example.com")
	two.ID, two.UserName, two.Active = "second", "second", false
	w.seed(t, one, two)
	found, err := w.target.FindAccounts(t.Context(), []string{"ANA@example.com", " ana@example.com"})
	ok(t, err)
	got := map[string]directory.AccountStatus{}
	for _, a := range found {
		got[a.ID] = a.Status
	}
	want := map[string]directory.AccountStatus{one.ID: directory.AccountActive, "second": directory.AccountDeactivated}
	if diff := cmp.Diff(want, got); diff != "" || len(found) != 2 {
		t.Errorf("found (-want +got)\n%s", diff)
	}
}

func TestTwentyPeopleAreFoundByOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var emails []string
	for i := range 60 {
		emails = append(emails, fmt.Sprintf("person.number.%d@example.com", i))
	}
	_, err := w.target.FindAccounts(t.Context(), emails)
	ok(t, err)
	if diff := cmp.Diff(map[string]int{"GET /rest/usermanagement/1/search": 3}, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	for _, cursor := range []string{"x", "-3", "0"} {
		if _, err := w.target.Accounts(t.Context(), cursor); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestAnEmptyGroupIsOneThatIsThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/rest/usermanagement/1/group" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"reason":"GROUP_NOT_FOUND"}`)
			return
		}
		_, _ = io.WriteString(w, `{"users":[],"groups":[]}`)
	}))
	t.Cleanup(gone.Close)
	target := newTarget(t, gone.URL, "secret")
	if _, err := target.Members(t.Context(), "club", ""); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("members: %v, want a *directory.NotFoundError", err)
	}
	if _, err := target.Subgroups(t.Context(), "club", ""); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("groups: %v, want a *directory.NotFoundError", err)
	}
}

// TestWhereConditionsAreNotJoinedEachIsAskedForAlone: what is found must not
// depend on how many are looked for.
func TestWhereConditionsAreNotJoinedEachIsAskedForAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	w.seedGroups(t, "club", "staff")
	inner := w.sim.Handler()
	w.listen(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("restriction"), " or ") {
			rw.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(rw, `{"reason":"ILLEGAL_ARGUMENT","message":"no"}`)
			return
		}
		inner.ServeHTTP(rw, r)
	}), "")
	found, err := w.target.FindAccounts(t.Context(), []string{"ana@example.com", "nobody@example.com", "ben@example.com"})
	if err != nil || len(found) != 2 {
		t.Errorf("found %+v, %v", found, err)
	}
	groups, err := w.target.FindGroups(t.Context(), []string{"club", "none", "staff"})
	if err != nil || len(groups) != 2 {
		t.Errorf("found %+v, %v", groups, err)
	}
}

// TestWhereAttributesAreNotExpandedUsersAreReadWithoutThem: what is not told says
// nothing, of attributes and of whether somebody is active.
func TestWhereAttributesAreNotExpandedUsersAreReadWithoutThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account("ana@example.com")
	a.Attributes["location"] = "Wien"
	w.seed(t, a)
	inner := w.sim.Handler()
	w.listen(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if query := r.URL.Query(); query.Get("expand") == "user,attributes" {
			query.Del("expand")
			r.URL.RawQuery = query.Encode()
		}
		inner.ServeHTTP(rw, r)
	}), "")
	found, err := w.target.FindAccounts(t.Context(), []string{"ana@example.com"})
	ok(t, err)
	if len(found) != 1 || found[0].Status != directory.AccountActive || found[0].Attributes != nil {
		t.Errorf("found %+v", found)
	}
	if n := pages(t, w.users); n != 2 {
		t.Errorf("read %d users, want 2", n)
	}
}
