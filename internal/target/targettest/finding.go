package targettest

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// askedAtMost is how many people or groups the suite asks for at once: more
// than one page of most products, and few enough for those that are asked for
// one at a time.
const askedAtMost = 307

func asIs(word string) string { return word }

// find finds the accounts of addresses: by those or, where the target tells
// none, by their user names; either in a case of the caller's.
func (f Fixture) find(ctx context.Context, cased func(string) string, emails ...string) ([]directory.Account, error) {
	asked := make([]string, len(emails))
	for i, email := range emails {
		asked[i] = email
		if f.TellsNoAddress {
			asked[i] = f.UserName(email)
		}
		asked[i] = cased(asked[i])
	}
	if f.TellsNoAddress {
		return f.Target.(directory.AccountFinder).FindAccountsBy(ctx, "user_name", asked)
	}
	return f.Target.FindAccounts(ctx, asked)
}

// tells reports whether an account as the target tells it has an address, or
// none where it tells none.
func (f Fixture) tells(account directory.Account, email string) bool {
	if f.TellsNoAddress {
		return account.Email == ""
	}
	return foldEqual(account.Email, email)
}

// naming is a patch of a name; where the target tells no address it goes along,
// as apply does it.
func (f Fixture) naming(name, email string) directory.AccountPatch {
	patch := directory.AccountPatch{DisplayName: &name}
	if f.TellsNoAddress {
		patch.Email = &email
	}
	return patch
}
