package atlassiancloud_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// calls counts requests by the end of their path.
type calls struct {
	mu   sync.Mutex
	sent map[string]int
}

func (c *calls) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, end := range []string{"/users/invite", "/roles/assign"} {
			if strings.HasSuffix(r.URL.Path, end) {
				c.mu.Lock()
				c.sent[end]++
				c.mu.Unlock()
			}
		}
		next.ServeHTTP(w, r)
	})
}

func TestAccessIsGivenToTheAccountThatIsNamedAndToNobodyElse(t *testing.T) {
	t.Parallel()
	const old, other, fresh = "before@" + managedDomain, "other@" + managedDomain, "after@" + managedDomain
	for name, test := range map[string]struct {
		email string
		want  map[string]int
	}{
		"the address is the account's: an invitation, for 25 a call": {old, map[string]int{"/users/invite": 1}},
		"the address is in another case":                             {strings.ToUpper(old), map[string]int{"/users/invite": 1}},
		"nobody has the address: by the id, and nobody is invited":   {fresh, map[string]int{"/roles/assign": 2}},
		"somebody else has the address: by the id, and not to those": {other, map[string]int{"/roles/assign": 2}},
		"there is no address: by the id":                             {"", map[string]int{"/roles/assign": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := atlassiansim.New(atlassiansim.Options{Engine: fault.New(1), Managed: []string{managedDomain}})
			seen := &calls{sent: map[string]int{}}
			server := httptest.NewServer(seen.watch(sim.Handler()))
			t.Cleanup(server.Close)
			target := newTarget(t, sim, server)
			ids := map[string]string{}
			bare := []directory.NewAccount{{Ref: 1, Email: old}, {Ref: 2, Email: other}}
			if err := target.CreateAccounts(t.Context(), bare, func(o directory.AccountCreated) { ids[bare[o.Ref-1].Email] = o.AccountID }); err != nil {
				t.Fatal(err)
			}
			clear(seen.sent)
			before := emails(t, sim)
			for range 2 {
				clear(seen.sent)
				err := target.GrantAccess(t.Context(), []directory.NewAccount{{Ref: 7, AccountID: ids[old], Email: test.email}}, func(o directory.AccountCreated) {
					if diff := cmp.Diff(directory.AccountCreated{Ref: 7, AccountID: ids[old]}, o); diff != "" {
						t.Errorf("outcome (-want +got)\n%s", diff)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, seen.sent); diff != "" {
					t.Errorf("calls (-want +got)\n%s", diff)
				}
			}
			if diff := cmp.Diff(before, emails(t, sim)); diff != "" {
				t.Errorf("accounts (-before +after)\n%s", diff)
			}
		})
	}
}

func TestAccessIsNotGivenWithoutAnAccount(t *testing.T) {
	t.Parallel()
	sim := atlassiansim.New(atlassiansim.Options{Engine: fault.New(1)})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	outcomes := 0
	err := newTarget(t, sim, server).GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, Email: "new@" + managedDomain}, {Ref: 2, AccountID: "gone"}}, func(o directory.AccountCreated) {
		outcomes++
		if want := map[int64]directory.Class{1: directory.ClassRefused, 2: directory.ClassNotFound}[o.Ref]; directory.ClassOf(o.Err) != want {
			t.Errorf("element %d: %v, want %s", o.Ref, o.Err, want)
		}
	})
	if err != nil || outcomes != 2 {
		t.Errorf("%d outcomes, %v", outcomes, err)
	}
	for _, email := range emails(t, sim) {
		if strings.HasPrefix(email, "new@") {
			t.Error("somebody was invited")
		}
	}
}

func TestAccessThatMayBeRefusedForWantOfAnAccountIsInDoubtWhereNobodyTells(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	sim := atlassiansim.New(atlassiansim.Options{Engine: engine})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	id, err := sim.SeedAccount(atlassiansim.AccountSeed{Email: "ana@" + managedDomain, Name: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	engine.Add(fault.Rule{API: atlassiansim.API, Kind: fault.Status, Method: http.MethodPost, Path: "/roles/assign$", Status: http.StatusNotFound})
	engine.Add(fault.Rule{API: atlassiansim.API, Kind: fault.Status, Method: http.MethodGet, Path: "/users/" + id + "$", Status: http.StatusLocked})
	err = newTarget(t, sim, server).GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, AccountID: id}}, func(o directory.AccountCreated) {
		vendortest.WantDoubt(t, o.Err, "POST /admin/v1/orgs/{orgId}/users/{userId}/roles/assign")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// emails are the addresses of all accounts.
func emails(t *testing.T, sim *atlassiansim.Sim) []string {
	t.Helper()
	var all []string
	for _, a := range sim.State().Accounts {
		all = append(all, a.Email)
	}
	return all
}
