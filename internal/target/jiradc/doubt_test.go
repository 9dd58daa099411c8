package jiradc_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestOfTwoWhoMayBeMeantNeitherIsGivenAccess: the user name that the source has
// for somebody may be another one's, whose address Jira does not have.
func TestOfTwoWhoMayBeMeantNeitherIsGivenAccess(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	service := v.Sim.NewAccount("ana", "", "Build service")
	if err := v.Sim.Roster().AddAccount(service); err != nil {
		t.Fatal(err)
	}
	v.Seed(t, "ana.b@example.com")
	outcome := v.grant(t, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana.b@example.com"})
	vendortest.WantClass(t, outcome.Err, directory.ClassConflict)
	if v.Sim.Roster().IsMember(jiradcsim.DefaultGroup, service.ID) {
		t.Error("somebody else was given access")
	}
	// Nobody has this address: the one of the name is meant.
	outcome = v.grant(t, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
	if outcome.Err != nil || outcome.AccountID != service.ID {
		t.Errorf("the outcome is %+v", outcome)
	}
}

func TestWhereAddressesAreNotShownTheUserNameSaysWhoIsMeant(t *testing.T) {
	t.Parallel()
	for _, shown := range []string{jiradcsim.AddressesHidden, jiradcsim.AddressesMasked} {
		v := newVendor(t, jiradcsim.Options{Addresses: shown}, nil, nil)
		a := v.Seed(t, "ana@example.com")
		outcome := v.grant(t, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com"})
		if outcome.Err != nil || outcome.AccountID != a.ID {
			t.Errorf("%s: the outcome is %+v", shown, outcome)
		}
	}
}

func (v vendor) grant(t *testing.T, wanted directory.NewAccount) directory.AccountCreated {
	t.Helper()
	var outcome directory.AccountCreated
	if err := v.target.GrantAccess(t.Context(), []directory.NewAccount{wanted}, func(o directory.AccountCreated) { outcome = o }); err != nil {
		t.Fatal(err)
	}
	return outcome
}

// TestANameThatWentToSomebodyElseIsNotWrittenForWhoHadIt: memberships are written
// by name, and a name may be another's a moment later.
func TestANameThatWentToSomebodyElseIsNotWrittenForWhoHadIt(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	first := v.Seed(t, "ana@example.com")
	group := v.SeedGroup(t, "staff")
	if _, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"}); err != nil {
		t.Fatal(err)
	}
	// An administrator renames her, and the name is given to a newcomer.
	if err := v.Sim.Roster().ChangeAccount(first.ID, func(a *roster.Account) { a.UserName = "ana.former" }); err != nil {
		t.Fatal(err)
	}
	var made directory.AccountCreated
	err := v.target.CreateAccounts(t.Context(), []directory.NewAccount{{Ref: 1, UserName: "ana", Email: "other.ana@example.com"}},
		func(o directory.AccountCreated) { made = o })
	if err != nil || made.Err != nil {
		t.Fatal(err, made.Err)
	}
	if err := v.target.AddMember(t.Context(), group.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	if r := v.Sim.Roster(); !r.IsMember(group.ID, first.ID) || r.IsMember(group.ID, made.AccountID) {
		t.Error("the newcomer was put in the group in place of who had the name before")
	}
}

// TestWhoWaitsForTheLeadsCanGoAway: to read them takes a call for each project.
func TestWhoWaitsForTheLeadsCanGoAway(t *testing.T) {
	t.Parallel()
	reading, read := make(chan struct{}), make(chan struct{})
	var once sync.Once
	v := newVendor(t, jiradcsim.Options{}, nil, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/rest/api/2/project" {
				once.Do(func() { close(reading) })
				<-read
			}
			next.ServeHTTP(w, r)
		})
	})
	a := v.Seed(t, "ana@example.com")
	first := make(chan error, 1)
	go func() {
		_, err := v.target.HandOver(t.Context(), a.ID)
		first <- err
	}()
	<-reading
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.target.HandOver(gone, a.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("who waits: %v", err)
	}
	close(read)
	if err := <-first; err != nil {
		t.Errorf("who reads: %v", err)
	}
}

func TestAnAccountThatIsNamedIsGivenAccessWhateverItsNameAndAddress(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	meant, namesake := v.Seed(t, "ana.b@example.com"), v.Seed(t, "ana@example.com")
	outcome := v.grant(t, directory.NewAccount{Ref: 1, AccountID: meant.ID, UserName: "ana", Email: "ana@example.com"})
	if outcome.Err != nil || outcome.AccountID != meant.ID {
		t.Errorf("the outcome is %+v", outcome)
	}
	if r := v.Sim.Roster(); !r.IsMember(jiradcsim.DefaultGroup, meant.ID) || r.IsMember(jiradcsim.DefaultGroup, namesake.ID) {
		t.Error("access was given to somebody else")
	}
}
