package targettest

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testReading(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("an account is found by its address, or its user name, whole and whatever its case", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		email := f.email("ana.o'neil+test")
		ids := f.SeedAccounts(t, email, f.email("ana.o'neil"), f.email("xana.o'neil+test"))
		first := func(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
		for _, cased := range []func(string) string{asIs, strings.ToUpper, first} {
			found, err := f.find(t.Context(), cased, email)
			if err != nil {
				t.Fatalf("find: %v: %s", err, directory.DetailOf(err))
			}
			if len(found) != 1 || found[0].ID != ids[0] {
				t.Errorf("asked for %s, found %+v, want account %s alone", cased(email), found, ids[0])
			}
		}
	})
	t.Run("an address that nobody has is not among the results", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedAccounts(t, f.email("known"))
		found, err := f.find(t.Context(), asIs, f.email("unknown"), f.email("known"), f.email("unknown.too"))
		if err != nil || len(found) != 1 || found[0].ID != ids[0] {
			t.Errorf("found %+v, %v; want account %s alone", found, err, ids[0])
		}
		found, err = f.Target.FindAccounts(t.Context(), nil)
		if err != nil || len(found) != 0 {
			t.Errorf("asked for nobody, found %+v, %v", found, err)
		}
	})
	t.Run("a target that tells no address finds nobody by one", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		if !f.TellsNoAddress {
			t.Skip("this target tells addresses")
		}
		f.SeedAccounts(t, f.email("hidden"))
		found, err := f.Target.FindAccounts(t.Context(), []string{f.email("hidden")})
		if err != nil || len(found) != 0 {
			t.Errorf("found %+v, %v", found, err)
		}
	})
	t.Run("any number of people may be asked for", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		emails := numbered(min(f.PageSize*2+7, askedAtMost), f.email("many.%d"))
		ids := f.SeedAccounts(t, emails...)
		found, err := f.find(t.Context(), asIs, emails...)
		if err != nil {
			t.Fatalf("find: %v: %s", err, directory.DetailOf(err))
		}
		var got []string
		for _, account := range found {
			got = append(got, account.ID)
		}
		if lacking := missing(ids, got); len(lacking) > 0 || len(got) != len(ids) {
			t.Errorf("found %d accounts of %d, without %v", len(got), len(ids), lacking)
		}
	})
	t.Run("all accounts are listed once, over more than one page", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		ids := f.SeedAccounts(t, numbered(f.PageSize+3, f.email("listed.%d"))...)
		all := every(t, func(cursor string) ([]string, string, error) {
			page, err := f.Target.Accounts(t.Context(), cursor)
			var got []string
			for _, account := range page.Accounts {
				got = append(got, account.ID)
			}
			return got, page.Next, err
		})
		if lacking := missing(ids, all); len(lacking) > 0 {
			t.Errorf("the list lacks %d of %d accounts", len(lacking), len(ids))
		}
	})
	t.Run("an account is looked up by its id", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		email := f.email("looked.up")
		ids := f.SeedAccounts(t, email)
		account, err := f.Target.Account(t.Context(), ids[0])
		if err != nil {
			t.Fatalf("Account: %v", err)
		}
		told := f.tells(account, email) || f.TellsAddressOnlyIfAsked && account.Email == ""
		if account.ID != ids[0] || !told || account.Status != directory.AccountActive {
			t.Errorf("got %+v, want the active account %s of %s", account, ids[0], email)
		}
		if _, writes := f.Target.(directory.AccountWriter); account.Managed && !writes {
			t.Error("the account is said to be managed by a target that writes no attributes")
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		_, err := f.Target.Account(t.Context(), "nobody-has-this-id")
		wantMissing(t, err, "account")
	})
}

func wantMissing(t *testing.T, err error, what string) {
	t.Helper()
	var notFound *directory.NotFoundError
	if !errors.As(err, &notFound) {
		t.Fatalf("got %v, want a *directory.NotFoundError", err)
	}
	if notFound.What != what {
		t.Errorf("the error says that the %s is missing, want %s", notFound.What, what)
	}
}
