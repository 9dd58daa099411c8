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
	// Can is what the target's kind says that it can do.
	Can directory.Capabilities
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

	// What follows is nil or empty where a product has no such thing.

	// Refuse makes the product refuse to create an account for an e-mail
	// address, for ever, with a status that means the person and not the
	// credential. It is needed if the target is a directory.AccountCreator.
	Refuse func(t *testing.T, email string)
	// UserName turns an address into the user name that an account of that
	// address has, seeded or made, where accounts have one.
	UserName func(email string) string
	// TellsNoAddress is a target whose accounts show no address and are not found
	// by it: they are found by user name, as a directory.AccountFinder does.
	TellsNoAddress bool
	// TellsAddressOnlyIfAsked is a target whose accounts are found by address, and
	// show it only then.
	TellsAddressOnlyIfAsked bool
	// SharesAddresses is a product in which several accounts may have one
	// address.
	SharesAddresses bool
	// Believes names the operations that write ("CreateAccounts") and whose refusal
	// the target believes without a look: the product answers what it has done
	// already with success, so that a refusal is never about that.
	Believes []string
	// Described is a product whose answers are held to its description, which has
	// none of those to a Disown.
	Described bool
	// ReadsFirst names the operations that write ("SuspendAccount") and whose
	// first call is a read, so that an outage may leave nothing in doubt.
	ReadsFirst []string
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

	// SeedSubgroups puts groups in another, and SubgroupsNow are those that the
	// product really holds directly in one. Both are needed if the target is a
	// directory.Nester.
	SeedSubgroups func(t *testing.T, groupID string, childIDs ...string)
	SubgroupsNow  func(t *testing.T, groupID string) []string
	// Permissions are ones that the target can give, at least two of one scope,
	// the lesser one first, and one of another scope; NoScope is one of a scope
	// that does not exist. PermissionsNow is what a group really holds. They are
	// needed if the target is a directory.GroupPermitter.
	Permissions    []directory.Permission
	NoScope        directory.Permission
	PermissionsNow func(t *testing.T, groupID string) []directory.Permission
	// Lead makes an account lead something and returns what it leads, as HandOver
	// names it; LedBy is the id of the account that really leads one of those
	// now. They are needed if the target is a directory.LeadKeeper, which must
	// have been told whom to hand over to.
	Lead  func(t *testing.T, accountID string) []string
	LedBy func(t *testing.T, what string) string
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
	// Disown, if not 0, is the status with which a write is answered that is done,
	// as if it had been refused. From the first such write on, everything that is
	// asked is answered with Then.
	Disown int
	Then   Answer
}

// Answer is an answer to whatever was asked: a status with the product's own error
// body, or with Body unless that is empty.
type Answer struct {
	Status int
	Body   string
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
