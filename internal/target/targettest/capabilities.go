package targettest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testAttributes(t *testing.T, fixture func(t *testing.T) Fixture) {
	writer := func(t *testing.T) (Fixture, directory.AccountWriter) {
		f := fixture(t)
		writer, can := f.Target.(directory.AccountWriter)
		if !can {
			t.Skip("this target does not write attributes")
		}
		return f, writer
	}
	t.Run("a name and an address are written, and only what was given", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		email, changed, name := f.email("before"), f.email("after"), "Zoë Ångström-O'Neil"
		if f.TellsNoAddress {
			// Such a product wants name and address together, and apply gives both.
			ids := f.SeedAccounts(t, email)
			for range 2 {
				if err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{DisplayName: &name, Email: &changed}); err != nil {
					t.Fatalf("write both: %v: %s", err, directory.DetailOf(err))
				}
			}
			if got := f.account(t, ids[0]); got.DisplayName != name || !foldEqual(got.Email, changed) {
				t.Errorf("the product holds %+v", got)
			}
			return
		}
		ids := f.SeedAccounts(t, email)
		if err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{DisplayName: &name}); err != nil {
			t.Fatalf("write the name: %v: %s", err, directory.DetailOf(err))
		}
		account, err := f.Target.Account(t.Context(), ids[0])
		if err != nil || account.DisplayName != name || !f.tells(account, email) {
			t.Errorf("after the name was written: %+v, %v", account, err)
		}
		if err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{Email: &changed}); err != nil {
			t.Fatalf("write the address: %v: %s", err, directory.DetailOf(err))
		}
		account, err = f.Target.Account(t.Context(), ids[0])
		if err != nil || account.DisplayName != name || !f.tells(account, changed) {
			t.Errorf("after the address was written: %+v, %v", account, err)
		}
		// A repetition does no harm.
		if err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{Email: &changed, DisplayName: &name}); err != nil {
			t.Errorf("write the same again: %v: %s", err, directory.DetailOf(err))
		}
	})
	t.Run("attributes are written and cleared, and only those that were given", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		if len(f.Attributes) == 0 {
			t.Skip("this target has no other attributes")
		}
		ids := f.SeedAccounts(t, f.email("described"), f.email("other"))
		others := f.AttributesNow(t, ids[1])
		want := f.AttributesNow(t, ids[0])
		write := func(patch map[string]string) {
			t.Helper()
			for range 2 { // a repetition does no harm
				if err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{Attributes: patch}); err != nil {
					t.Fatalf("write %v: %v: %s", patch, err, directory.DetailOf(err))
				}
			}
			for name, value := range patch {
				want[name] = value
				if value == "" {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(want, f.AttributesNow(t, ids[0]), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("after %v (-want +got)\n%s", patch, diff)
			}
		}
		write(f.Attributes)
		for name, value := range f.Attributes {
			write(map[string]string{name: ""})
			write(map[string]string{name: value})
		}
		if diff := cmp.Diff(others, f.AttributesNow(t, ids[1]), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("somebody else (-before +after)\n%s", diff)
		}
		account, err := f.Target.Account(t.Context(), ids[0])
		if err != nil || !f.tells(account, f.email("described")) {
			t.Errorf("the account is %+v, %v", account, err)
		}
	})
	t.Run("an attribute that the target does not have is a RefusedError", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		ids := f.SeedAccounts(t, f.email("plain"))
		err := writer.UpdateAccount(t.Context(), ids[0], directory.AccountPatch{Attributes: map[string]string{"shoe_size": "44"}})
		var refused *directory.RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("got %v, want a *directory.RefusedError", err)
		}
	})
	t.Run("an address that somebody else has is a ConflictError", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		taken := f.email("taken")
		ids := f.SeedAccounts(t, taken, f.email("wanting"))
		patch := f.naming("Wanting", taken)
		patch.Email = &taken
		err := writer.UpdateAccount(t.Context(), ids[1], patch)
		var conflict *directory.ConflictError
		if f.SharesAddresses && err == nil {
			return
		}
		if !errors.As(err, &conflict) {
			t.Fatalf("got %v: %s, want a *directory.ConflictError", err, directory.DetailOf(err))
		}
		wantDiscreet(t, f, err, taken)
	})
	t.Run("an account that is not ours to write is an UnmanagedError", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		if f.ForeignEmail == nil {
			t.Skip("every account of this product can be written")
		}
		ids := f.SeedAccounts(t, f.ForeignEmail("stranger"))
		name, email := "Somebody Else", f.email("somebody.else")
		for what, patch := range map[string]directory.AccountPatch{"name": {DisplayName: &name}, "address": {Email: &email}} {
			err := writer.UpdateAccount(t.Context(), ids[0], patch)
			var unmanaged *directory.UnmanagedError
			if !errors.As(err, &unmanaged) {
				t.Errorf("write the %s: %v: %s, want a *directory.UnmanagedError", what, err, directory.DetailOf(err))
			}
		}
		account, err := f.Target.Account(t.Context(), ids[0])
		if err != nil || account.Managed {
			t.Errorf("the account reads %+v, %v; want one that is not managed", account, err)
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		f, writer := writer(t)
		wantMissing(t, writer.UpdateAccount(t.Context(), "nobody-has-this-id", f.naming("Nobody", f.email("nobody"))), "account")
	})
}
