package jiracloud_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// TestAPageSaysInOneOfTwoWaysWhetherItIsTheLast: neither has to be there.
func TestAPageSaysInOneOfTwoWaysWhetherItIsTheLast(t *testing.T) {
	t.Parallel()
	for answer, next := range map[string]string{
		`{"values":[{"accountId":"ana"}],"total":2}`:                 "1",
		`{"values":[{"accountId":"ana"}],"total":1}`:                 "",
		`{"values":[{"accountId":"ana"}],"isLast":false}`:            "1",
		`{"values":[{"accountId":"ana"}],"isLast":true,"startAt":0}`: "",
	} {
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, answer)
		}))
		page, err := target.Members(t.Context(), "g", "")
		if diff := cmp.Diff(directory.AccountIDPage{AccountIDs: []string{"ana"}, Next: next}, page); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", answer, err, diff)
		}
	}
}

// TestWhatIsNotToldOfSomebodyIsNotHeldAgainstThem: the description lets each of
// these be left out.
func TestWhatIsNotToldOfSomebodyIsNotHeldAgainstThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		person string
		want   []directory.Account
	}{
		"neither kind nor state":                 {`{"accountId":"ana"}`, []directory.Account{{ID: "ana", Status: directory.AccountActive}}},
		"nulls":                                  {`{"accountId":"ana","accountType":null,"active":null,"emailAddress":null}`, []directory.Account{{ID: "ana", Status: directory.AccountActive}}},
		"somebody who is inactive":               {`{"accountId":"ana","active":false}`, nil},
		"an app's account":                       {`{"accountId":"ana","accountType":"app","active":true}`, nil},
		"an account of a kind that is not known": {`{"accountId":"ana","accountType":"unknown","active":true}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "["+test.person+"]")
			}))
			page, err := target.Accounts(t.Context(), "")
			if diff := cmp.Diff(test.want, page.Accounts); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
	t.Run("of an account that was made", func(t *testing.T) {
		t.Parallel()
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"accountId":"ana"}`)
		}))
		outcome := createOne(t, target, "ana@example.com")
		if outcome.Err != nil || outcome.Account == nil || outcome.Account.Status != directory.AccountActive {
			t.Errorf("got %+v", outcome)
		}
	})
}

// without leaves fields out of the answers about one account.
func without(next http.Handler, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/rest/api/3/user" && r.URL.Path != "/rest/api/3/myself" {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		var user map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &user); err != nil {
			panic(http.ErrAbortHandler)
		}
		for _, field := range fields {
			delete(user, field)
		}
		w.WriteHeader(answer.Code)
		_ = json.NewEncoder(w).Encode(user)
	})
}

func TestGroupsThatAreNotToldAlongAreAskedFor(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	target := newTarget(t, sim, without(sim.Handler(), "groups"))
	there, removed := add(t, sim, "ana@example.com"), add(t, sim, "removed@example.com")
	off := add(t, sim, "off@example.com", func(a *roster.Account) { a.Active = false })
	if _, err := sim.Roster().Join(groupNamed(t, sim, softwareUsers).ID, off); err != nil {
		t.Fatal(err)
	}
	if err := target.DeleteAccount(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]directory.AccountStatus{there: directory.AccountActive, off: directory.AccountClosed} {
		if account, err := target.Account(t.Context(), id); err != nil || account.Status != want {
			t.Errorf("got %+v, %v, want %s", account, err, want)
		}
	}
	if _, err := target.Account(t.Context(), removed); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("somebody who was removed: %v", err)
	}
	if report, err := target.Check(t.Context()); err != nil || len(report.Missing) > 0 {
		t.Errorf("the report is %+v, %v", report, err)
	}
}

func TestProductsThatAreNotToldAreNotTakenForNone(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	target := newTarget(t, sim, without(sim.Handler(), "applicationRoles"))
	id := add(t, sim, "there@example.com")
	var unavailable *directory.UnavailableError
	if err := createOne(t, target, "there@example.com").Err; !errors.As(err, &unavailable) || !unavailable.Ambiguous {
		t.Errorf("got %v, want an outage that leaves the create in doubt", err)
	}
	if groups := sim.Roster().GroupsOf(id); len(groups) > 0 {
		t.Errorf("the account was put in %v", groups)
	}
}
