package bitbucketdc_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// create makes accounts and returns the outcomes by Ref.
func (w *world) create(t *testing.T, batch ...directory.NewAccount) map[int64]directory.AccountCreated {
	t.Helper()
	outcomes := map[int64]directory.AccountCreated{}
	err := w.target.CreateAccounts(t.Context(), batch, func(c directory.AccountCreated) { outcomes[c.Ref] = c })
	if err != nil {
		t.Fatalf("CreateAccounts: %v: %s", err, directory.DetailOf(err))
	}
	return outcomes
}

func newcomer(ref int64, name string, groups ...string) directory.NewAccount {
	return directory.NewAccount{Ref: ref, UserName: name, Email: name + "@example.com", DisplayName: "New " + name, GroupIDs: groups}
}

func TestANewPersonIsOneCallAndAllGroupsAreAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedGroups(t, group("red"), group("blue"), group("green"))
	got := w.create(t, newcomer(1, "ana", "red", "blue", "green"), newcomer(2, "ben"))
	want := map[int64]directory.AccountCreated{
		1: {Ref: 1, AccountID: "ana", Joined: []string{"red", "blue", "green"}, Account: &directory.Account{
			ID: "ana", UserName: "ana", Email: "ana@example.com", DisplayName: "New ana", Status: directory.AccountActive, Managed: true,
		}},
		2: {Ref: 2, AccountID: "ben", Account: &directory.Account{
			ID: "ben", UserName: "ben", Email: "ben@example.com", DisplayName: "New ben", Status: directory.AccountActive, Managed: true,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got)\n%s", diff)
	}
	wantCounts := map[string]int{
		"POST /rest/api/latest/admin/users": 2, "POST /rest/api/latest/admin/users/add-groups": 1,
	}
	if diff := cmp.Diff(wantCounts, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
	for _, id := range []string{"ana", "ben"} {
		if !w.sim.Licensed(id) {
			t.Errorf("%s has no access", id)
		}
		// What the outcome says is what a look shows.
		account, err := w.target.Account(t.Context(), id)
		if diff := cmp.Diff(*got[map[string]int64{"ana": 1, "ben": 2}[id]].Account, account); err != nil || diff != "" {
			t.Errorf("%s: %v (-told +read)\n%s", id, err, diff)
		}
	}
}

func TestAccessByOtherGroupsThanTheDefaultOneIsGivenAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.access = []string{"developers"} })
	w.seedGroups(t, roster.Group{ID: "developers", Name: "developers", Permissions: map[string]string{"": bitbucketdcsim.LicensedUser}}, group("red"))
	got := w.create(t, newcomer(1, "ana", "red"), newcomer(2, "ben"))
	if got[1].Err != nil || got[2].Err != nil {
		t.Fatalf("%v, %v", got[1].Err, got[2].Err)
	}
	if diff := cmp.Diff([]string{"red"}, got[1].Joined); diff != "" {
		t.Errorf("joined (-want +got)\n%s", diff)
	}
	if !w.sim.Licensed("ana") || !w.sim.Licensed("ben") || w.sim.Roster().IsMember(bitbucketdcsim.UsersGroup, "ana") {
		t.Error("access does not come from the configured group alone")
	}
}

func TestAGroupThatIsGoneDoesNotUndoTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedGroups(t, group("red"))
	got := w.create(t, newcomer(1, "ana", "red", "gone"))
	if got[1].Err != nil || got[1].AccountID != "ana" || got[1].Joined != nil {
		t.Errorf("got %+v, want the account, in no group yet", got[1])
	}
}

func TestWhoIsThereIsAConflictWhicheverOfNameAndAddressIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	for name, wanted := range map[string]directory.NewAccount{
		"the address": {Ref: 1, UserName: "other", Email: "ANA@example.com", DisplayName: "Other"},
		"the name":    {Ref: 1, UserName: "Ana@Example.com", Email: "other@example.com", DisplayName: "Other"},
	} {
		if got := w.create(t, wanted)[1]; directory.ClassOf(got.Err) != directory.ClassConflict {
			t.Errorf("%s is taken: %v", name, got.Err)
		}
	}
	w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: 409, Method: "POST"})
	if got := w.create(t, newcomer(1, "ben"))[1]; directory.ClassOf(got.Err) != directory.ClassRefused {
		t.Errorf("a 409 without anybody there: %v, want a refusal: nobody can be adopted", got.Err)
	}
}

func TestWhatBitbucketNeedsOfANewPersonIsAskedForBeforeTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, wanted := range map[string]directory.NewAccount{
		"no user name": {Ref: 1, Email: "ana@example.com"},
		"no address":   {Ref: 1, UserName: "ana"},
	} {
		if got := w.create(t, wanted)[1]; directory.ClassOf(got.Err) != directory.ClassRefused {
			t.Errorf("%s: %v", name, got.Err)
		}
	}
	if counts := w.engine.Counts(); len(counts) != 0 {
		t.Errorf("asked %v", counts)
	}
	if got := w.create(t, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})[1]; got.Err != nil || got.Account.DisplayName != "ana" {
		t.Errorf("without a name of their own: %+v", got)
	}
}

func TestThePasswordIsRandomAndInNoError(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var passwords []string
	w := newWorld(t, func(w *world) {
		w.around = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				password := r.URL.Query().Get("password")
				if password == "" {
					next.ServeHTTP(rw, r)
					return
				}
				mu.Lock()
				passwords = append(passwords, password)
				mu.Unlock()
				// A server that says the whole request back.
				status := map[string]int{"ana": 400, "ben": 500, "cat": 401}[r.URL.Query().Get("name")]
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, `{"errors":[{"message":"cannot serve `+r.URL.RequestURI()+` or `+password+`","exceptionName":"com.x.`+password+`"}]}`)
			})
		}
	})
	for _, name := range []string{"ana", "ben", "cat"} {
		var outcome directory.AccountCreated
		err := w.target.CreateAccounts(t.Context(), []directory.NewAccount{newcomer(1, name)}, func(c directory.AccountCreated) { outcome = c })
		if err == nil {
			err = outcome.Err
		}
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		last := passwords[len(passwords)-1]
		for _, form := range []string{last, url.QueryEscape(last)} {
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, form) || strings.Contains(directory.DetailOf(err), form) {
				t.Errorf("%s: the password is in the error: %s", name, text)
			}
		}
	}
	seen := map[string]bool{}
	for _, password := range passwords {
		if seen[password] || len(password) < 20 {
			t.Errorf("password %q is short, or was given twice", password)
		}
		seen[password] = true
	}
}

// TestBitbucketIsAskedToTellNobodyAndToGiveAccessByItsOwnGroupOnlyWhereThatIsOurs:
// left out, it would do either by a default of its own.
func TestBitbucketIsAskedToTellNobodyAndToGiveAccessByItsOwnGroupOnlyWhereThatIsOurs(t *testing.T) {
	t.Parallel()
	for _, access := range []struct {
		groups    []string
		byDefault string
	}{{nil, "true"}, {[]string{"Stash-Users"}, "true"}, {[]string{"developers"}, "false"}} {
		asked := make(chan url.Values, 1)
		w := newWorld(t, func(w *world) {
			w.access = access.groups
			w.around = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/admin/users") {
						asked <- r.URL.Query()
					}
					next.ServeHTTP(rw, r)
				})
			}
		})
		w.create(t, newcomer(1, "ana"))
		got := <-asked
		got.Del("password") // which is random
		want := url.Values{
			"name": {"ana"}, "displayName": {"New ana"}, "emailAddress": {"ana@example.com"},
			"notify": {"false"}, "addToDefaultGroup": {access.byDefault},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %v (-want +got)\n%s", access.groups, diff)
		}
	}
}
