package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// page cuts the page that a cursor names out of a list, and returns the next
// page's cursor.
func page[T any](t *Target, all []T, id func(T) string, cursor string) ([]T, string, error) {
	if t.options.Order != nil {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(t.options.Order(id(a)), t.options.Order(id(b))) })
	}
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return nil, "", &directory.RefusedError{Call: "list", Status: 400, Code: "cursor"}
		}
	}
	from = min(from, len(all))
	to := min(from+t.options.PageSize, len(all))
	if to == len(all) {
		return all[from:], "", nil
	}
	return all[from:to], strconv.Itoa(to), nil
}

// Accounts implements directory.Target.
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	var got directory.AccountPage
	err := t.read(ctx, "Accounts", func() error {
		accounts, next, err := page(t, t.accounts, func(a *account) string { return a.ID }, cursor)
		for _, a := range accounts {
			got.Accounts = append(got.Accounts, t.told(a))
		}
		got.Next = next
		return err
	})
	return got, err
}

// Account implements directory.Target.
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	var got directory.Account
	err := t.read(ctx, "Account", func() error {
		a := t.account(accountID)
		if a == nil {
			return noAccount("Account")
		}
		got = t.told(a)
		return nil
	})
	return got, err
}

func noAccount(call string) error { return &directory.NotFoundError{Call: call, What: "account"} }

// told is an account as the target tells it.
func (t *Target) told(a *account) directory.Account {
	seen := a.seen()
	if t.options.Nameless {
		seen.Email = ""
	}
	seen.Managed = seen.Managed && !t.options.Unmanaged
	return seen
}

// FindAccounts implements directory.Target.
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	return t.find(ctx, "FindAccounts", emails, func(a *account) string {
		return t.told(a).Email
	})
}

// FindAccountsBy implements directory.AccountFinder.
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if !slices.Contains(Capabilities().LinkBy, attribute) {
		return nil, &directory.RefusedError{Call: "FindAccountsBy", Status: 400, Code: "no-such-attribute"}
	}
	return t.find(ctx, "FindAccountsBy", values, func(a *account) string {
		switch attribute {
		case "email":
			return t.told(a).Email
		case "user_name":
			return a.UserName
		}
		return a.Attributes[attribute]
	})
}

func (t *Target) find(ctx context.Context, call string, values []string, of func(*account) string) ([]directory.Account, error) {
	var found []directory.Account
	asked := make(map[string]bool, len(values))
	for _, value := range values {
		asked[strings.ToLower(value)] = value != ""
	}
	err := t.read(ctx, call, func() error {
		for _, a := range t.accounts {
			if asked[strings.ToLower(of(a))] {
				found = append(found, t.told(a))
			}
		}
		return nil
	})
	return found, err
}

// CreateAccounts implements directory.AccountCreator. It carries names, attributes and
// memberships along.
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return t.eachOf(ctx, "CreateAccounts", batch, done, func(wanted directory.NewAccount) (*account, error) {
		switch {
		case wanted.Email == "":
			return nil, &directory.RefusedError{Call: "CreateAccounts", Status: 400, Code: "no-email"}
		case t.taken(wanted.Email, wanted.UserName, ""):
			return nil, &directory.ConflictError{Call: "CreateAccounts"}
		case t.full():
			return nil, &directory.SeatError{Call: "CreateAccounts"}
		}
		a := &account{licensed: true, Account: directory.Account{ID: t.id("account"), UserName: wanted.UserName, Email: wanted.Email,
			DisplayName: wanted.DisplayName, Attributes: maps.Clone(wanted.Attributes), Managed: true}}
		t.accounts = append(t.accounts, a)
		return a, nil
	})
}

// GrantAccess implements directory.AccessGranter: it gives a licence.
func (t *Target) GrantAccess(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return t.eachOf(ctx, "GrantAccess", batch, done, func(wanted directory.NewAccount) (*account, error) {
		for _, a := range t.accounts {
			if !strings.EqualFold(a.Email, wanted.Email) {
				continue
			}
			if !a.licensed && t.full() {
				return nil, &directory.SeatError{Call: "GrantAccess"}
			}
			a.licensed = true
			return a, nil
		}
		return nil, noAccount("GrantAccess")
	})
}

// eachOf makes one call for each element that the gate lets pass.
func (t *Target) eachOf(ctx context.Context, call string, batch []directory.NewAccount, done func(directory.AccountCreated),
	give func(directory.NewAccount) (*account, error)) error {
	for _, wanted := range batch {
		created := directory.AccountCreated{Ref: wanted.Ref}
		err := directory.Pass(ctx, wanted.Ref)
		if err == nil {
			write := Write{Call: call, Value: wanted.Email}
			err = t.write(ctx, func() Write { return write }, func() error {
				a, err := give(wanted)
				if err != nil {
					return err
				}
				write.AccountID, created.AccountID = a.ID, a.ID
				for _, id := range wanted.GroupIDs {
					if g := t.group(id); g != nil && !g.ReadOnly {
						g.join(a.ID)
						created.Joined = append(created.Joined, id)
						t.writes = append(t.writes, Write{Call: "AddMember", AccountID: a.ID, GroupID: id})
					}
				}
				return nil
			})
		}
		if err != nil {
			if stops(ctx, err) {
				return err
			}
			created = directory.AccountCreated{Ref: wanted.Ref, Err: err}
		}
		done(created)
	}
	return nil
}

// stops says whether an error is not about one element, so that the rest is
// not attempted.
func stops(ctx context.Context, err error) bool {
	switch directory.ClassOf(err) {
	case directory.ClassRateLimited, directory.ClassAuth, directory.ClassCanceled:
		return true
	case directory.ClassInternal:
		// The gate's: only what it leaves out is about one element.
		return !leftOut(err)
	}
	return ctx.Err() != nil
}

// taken is whether another account has an address or a user name.
func (t *Target) taken(email, userName, except string) bool {
	return slices.ContainsFunc(t.accounts, func(a *account) bool {
		return a.ID != except && (email != "" && strings.EqualFold(a.Email, email) || userName != "" && strings.EqualFold(a.UserName, userName))
	})
}
