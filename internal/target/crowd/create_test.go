package crowd_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
}

func (w world) create(t *testing.T, batch ...directory.NewAccount) map[int64]directory.AccountCreated {
	t.Helper()
	outcomes := map[int64]directory.AccountCreated{}
	ok(t, w.target.CreateAccounts(t.Context(), batch, func(c directory.AccountCreated) { outcomes[c.Ref] = c }))
	return outcomes
}

func TestANewUserIsWhatWasAskedForAndOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.create(t, directory.NewAccount{Ref: 7, UserName: "ana", Email: "ana@example.com", DisplayName: "Ana María López"})
	want := map[int64]directory.AccountCreated{7: {Ref: 7, AccountID: "ana", Account: &directory.Account{
		ID: "ana", UserName: "ana", Email: "ana@example.com", DisplayName: "Ana María López", Status: directory.AccountActive, Managed: true,
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"POST /rest/usermanagement/1/user": 1}, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	made, _ := w.sim.Roster().Account("ana")
	if diff := cmp.Diff(map[string]string{"first-name": "Ana María", "last-name": "López"}, made.Attributes); diff != "" {
		t.Errorf("names (-want +got)\n%s", diff)
	}
}

func TestAUserWhoIsThereIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	got := w.create(t, directory.NewAccount{Ref: 1, UserName: "ANA@example.com", Email: "other@example.com"})[1]
	if directory.ClassOf(got.Err) != directory.ClassConflict {
		t.Errorf("got %v", got.Err)
	}
	w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Status: 400, Method: "POST"})
	got = w.create(t, directory.NewAccount{Ref: 1, UserName: "ben", Email: "ben@example.com"})[1]
	if directory.ClassOf(got.Err) != directory.ClassRefused {
		t.Errorf("a 400 for somebody who is not there: %v", got.Err)
	}
	if got := w.create(t, directory.NewAccount{Ref: 1, Email: "ben@example.com"})[1]; directory.ClassOf(got.Err) != directory.ClassRefused {
		t.Errorf("without a user name: %v", got.Err)
	}
}

func TestAWriteWhoseReadBackFailsIsInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Status: 400, Method: "POST"})
	w.engine.Add(fault.Rule{API: crowdsim.API, Kind: fault.Status, Status: 503, Method: "GET"})
	got := w.create(t, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})[1]
	if unavailable, is := got.Err.(*directory.UnavailableError); !is || !unavailable.Ambiguous || unavailable.Call != "POST /rest/usermanagement/1/user" {
		t.Errorf("got %#v, want an outage of the write that may have been done", got.Err)
	}
}

func TestThePasswordIsRandomAndInNoError(t *testing.T) {
	t.Parallel()
	var passwords []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"reason":"USER_NOT_FOUND"}`)
			return
		}
		var user struct {
			Password struct{ Value string }
		}
		if err := json.NewDecoder(r.Body).Decode(&user); err != nil {
			t.Error(err)
		}
		passwords = append(passwords, user.Password.Value)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"reason":"`+user.Password.Value+`","message":"bad password `+user.Password.Value+`"}`)
	}))
	t.Cleanup(server.Close)
	target := newTarget(t, server.URL, "secret")
	for range 3 {
		err := target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "ana"}}, func(c directory.AccountCreated) {
			last := passwords[len(passwords)-1]
			if c.Err == nil || strings.Contains(fmt.Sprintf("%v %#v", c.Err, c.Err), last) {
				t.Errorf("the password is in the error, or there is none: %#v", c.Err)
			}
		})
		ok(t, err)
	}
	if len(passwords) != 3 || passwords[0] == passwords[1] || passwords[1] == passwords[2] || len(passwords[0]) < 20 {
		t.Errorf("passwords %q", passwords)
	}
}

func TestAnApplicationThatMayNotCreateEndsTheBatch(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"its address is not on the list": `Client with address "192.0.2.1" is forbidden`,
		"no directory lets it":           `{"reason":"APPLICATION_PERMISSION_DENIED"}`,
	} {
		called := 0
		err := answering(t, 403, body).CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "ana"}}, func(directory.AccountCreated) { called++ })
		if directory.ClassOf(err) != directory.ClassAuth || called != 0 {
			t.Errorf("%s: %v and %d outcomes", name, err, called)
		}
	}
}
