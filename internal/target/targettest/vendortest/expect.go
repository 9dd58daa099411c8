package vendortest

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// UserName is the user name of an address: its part before the @, as far as
// the products take it.
func UserName(email string) string {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-", r) {
			return r
		}
		return '_'
	}, local)
}

// Create makes one account and returns what became of it.
func Create(t *testing.T, target directory.AccountCreator, wanted directory.NewAccount) directory.AccountCreated {
	t.Helper()
	var outcome directory.AccountCreated
	if err := target.CreateAccounts(t.Context(), []directory.NewAccount{wanted}, func(o directory.AccountCreated) { outcome = o }); err != nil {
		t.Fatalf("CreateAccounts: %v: %s", err, directory.DetailOf(err))
	}
	return outcome
}

// WantClass ends the test unless an error is of a class.
func WantClass(t *testing.T, err error, want directory.Class) {
	t.Helper()
	if got := directory.ClassOf(err); err == nil || got != want {
		t.Fatalf("got %s: %v: %s, want %s", got, err, directory.DetailOf(err), want)
	}
}

// WantDoubt ends the test unless an error is that of a write, by its call's name,
// that may have been done.
func WantDoubt(t *testing.T, err error, call string) {
	t.Helper()
	var doubt *directory.UnavailableError
	if !errors.As(err, &doubt) || !doubt.Ambiguous || doubt.Call != call {
		t.Fatalf("got %s: %v: %s, want %s in doubt", directory.ClassOf(err), err, directory.DetailOf(err), call)
	}
}
