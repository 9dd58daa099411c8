package targettest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Fixture is one target, fresh and the test's own, with ways to change and see
// the product's state without the target's code.
type Fixture struct {
	Target directory.Target
	// Secret is the credential: it must be in no error.
	Secret string
	// PageSize is how many elements the target asks for at once. The suite
	// makes a few more than that, so that a second page is needed.
	PageSize int

	// SeedAccounts makes one active account for each e-mail address and
	// returns their ids in that order.
	SeedAccounts func(t *testing.T, emails ...string) []string
	// SeedGroups makes groups and returns their ids in that order.
	SeedGroups func(t *testing.T, names ...string) []string
	// SeedMembers puts accounts in a group.
	SeedMembers func(t *testing.T, groupID string, accountIDs ...string)
	// AccountsNow and MembersNow are what the product really holds. Accounts
	// need ID, Email and Status.
	AccountsNow func(t *testing.T) []directory.Account
	MembersNow  func(t *testing.T, groupID string) []string

	// Misbehave makes every call misbehave until the returned function is
	// called.
	Misbehave func(t *testing.T, fault Fault) (stop func())
	// Refuse makes the product refuse to create an account for an e-mail
	// address, for ever, with a status that means the person and not the
	// credential.
	Refuse func(t *testing.T, email string)

	// What follows is nil or empty where a product has no such thing.

	// Fill leaves the product without a free licence.
	Fill func(t *testing.T)
	// Administrators are ids that Protected must list at least. It is needed
	// if the target is directory.Guarded.
	Administrators func(t *testing.T) directory.Protected
	// WritableEmail and ForeignEmail turn the part before the @ into an
	// address whose account the target may write, and one whose account it may
	// not. The first is needed if the target is a directory.AccountWriter.
	WritableEmail func(name string) string
	ForeignEmail  func(name string) string
	// Attributes are those that the target writes beside names and address, each
	// with a value that it takes; AttributesNow is what the product really holds.
	Attributes    map[string]string
	AttributesNow func(t *testing.T, accountID string) map[string]string
	// FindBy are the attributes by which the target finds accounts beside the
	// address, if it is a directory.AccountFinder.
	FindBy []string
}

// Fault is a way to misbehave.
type Fault struct {
	// Status is answered instead of doing anything, with the product's own
	// error body; 0 for the faults below.
	Status int
	// RetryAfter is the Retry-After header's value, none if empty.
	RetryAfter string
	// CutBefore cuts the connection without doing what was asked, CutAfter
	// after having done it.
	CutBefore, CutAfter bool
	// Delay is how long every answer takes.
	Delay time.Duration
}

func (f Fixture) email(name string) string {
	if f.WritableEmail != nil {
		return f.WritableEmail(name)
	}
	return name + "@example.com"
}

// account returns what the product holds under an id.
func (f Fixture) account(t *testing.T, id string) directory.Account {
	t.Helper()
	for _, account := range f.AccountsNow(t) {
		if account.ID == id {
			return account
		}
	}
	t.Fatalf("the product has no account %s", id)
	return directory.Account{}
}

// withEmail counts the accounts that the product holds under an address.
func (f Fixture) withEmail(t *testing.T, email string) int {
	t.Helper()
	n := 0
	for _, account := range f.AccountsNow(t) {
		if foldEqual(account.Email, email) {
			n++
		}
	}
	return n
}
