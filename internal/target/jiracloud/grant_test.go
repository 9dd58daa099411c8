package jiracloud_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// TestAnAccountThatIsNamedIsGivenAccessAndNoSecondOneIsMade: the source may have
// another address for its person by now than the account has.
func TestAnAccountThatIsNamedIsGivenAccessAndNoSecondOneIsMade(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	id := add(t, sim, "before@example.com")
	for range 2 {
		err := target.GrantAccess(t.Context(), []directory.NewAccount{{Ref: 1, AccountID: id, Email: "after@example.com"}}, func(o directory.AccountCreated) {
			if o.Err != nil || o.AccountID != id {
				t.Errorf("the outcome is %+v", o)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !sim.Roster().IsMember(groupNamed(t, sim, softwareUsers).ID, id) {
		t.Error("the account has no access")
	}
	if found, err := target.FindAccounts(t.Context(), []string{"after@example.com"}); err != nil || len(found) > 0 {
		t.Errorf("a second account was made: %+v, %v", found, err)
	}
}
