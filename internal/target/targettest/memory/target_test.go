package memory_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

func TestATargetKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for _, variant := range memory.Variants() {
		t.Run("the variant: "+string(variant), func(t *testing.T) {
			t.Parallel()
			targettest.Run(t, func(*testing.T) targettest.Fixture { return fixtureOf(variant) })
		})
	}
}

// options are those that a variant needs.
func options(variant memory.Variant) memory.Options {
	o := memory.Options{PageSize: 7, Nameless: variant == memory.Nameless, Unmanaged: variant == memory.Grouping}
	switch variant {
	case memory.AccessTaking:
		o.AccessGroups = []string{"everybody", "licensed"}
	case memory.LeadKeeping:
		o.LeadsTo = "account-1"
	}
	return o
}

// refusing is a product that refuses to make an account for one address.
type refusing struct {
	*memory.Target
	refused string
}

func (r *refusing) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	var rest []directory.NewAccount
	for _, wanted := range batch {
		if r.refused != "" && wanted.Email == r.refused {
			done(directory.AccountCreated{Ref: wanted.Ref, Err: &directory.RefusedError{Call: "CreateAccounts", Status: 400, Code: "person"}})
			continue
		}
		rest = append(rest, wanted)
	}
	return r.Target.CreateAccounts(ctx, rest, done)
}

func fixtureOf(variant memory.Variant) targettest.Fixture {
	target := memory.New(options(variant))
	product := &refusing{Target: target}
	foreign := "@elsewhere.example"
	administrator := target.SeedAccount(memory.AccountSeed{Account: directory.Account{Email: "root@example.com", Managed: true}})
	administrators := target.SeedGroup("administrators", false, administrator)
	target.SeedScope("project ABC")
	target.SeedScope("repository tools")
	target.Protect(directory.Protected{AccountIDs: []string{administrator}, GroupIDs: []string{administrators}})
	if variant == memory.AccessTaking {
		target.SeedGroup("Everybody", false)
		target.SeedGroup("Licensed", false)
	}
	f := targettest.Fixture{
		Target: memory.As(variant, product), Can: variant.Capabilities(), Secret: "no-secret-at-all", PageSize: 7,
		SeedAccounts: func(_ *testing.T, emails ...string) []string {
			ids := make([]string, len(emails))
			for i, email := range emails {
				ids[i] = target.SeedAccount(memory.AccountSeed{Account: directory.Account{Email: email, UserName: seededName(variant, email), Managed: !strings.HasSuffix(email, foreign)}})
			}
			return ids
		},
		SeedGroups: func(_ *testing.T, names ...string) []string {
			ids := make([]string, len(names))
			for i, name := range names {
				ids[i] = target.SeedGroup(name, false)
			}
			return ids
		},
		SeedMembers: func(_ *testing.T, groupID string, accountIDs ...string) {
			for _, id := range accountIDs {
				target.SeedMember(groupID, id)
			}
		},
		AccountsNow: func(*testing.T) []directory.Account { return target.State().Accounts },
		MembersNow: func(t *testing.T, groupID string) []string {
			t.Helper()
			for _, g := range target.State().Groups {
				if g.ID == groupID {
					return g.Members
				}
			}
			t.Fatalf("there is no group %s", groupID)
			return nil
		},
		Misbehave: func(_ *testing.T, wanted targettest.Fault) func() {
			target.Fail(func(call string, write bool) memory.Failure { return failureOf(wanted, call, write) })
			return func() { target.Fail(nil) }
		},
		Refuse: func(_ *testing.T, email string) { product.refused = email },
		Fill:   func(*testing.T) { target.SetSeats(1) },
		Administrators: func(*testing.T) directory.Protected {
			return directory.Protected{AccountIDs: []string{administrator}, GroupIDs: []string{administrators}}
		},
		WritableEmail: func(name string) string { return name + "@example.com" },
		ForeignEmail:  func(name string) string { return name + foreign },
		Attributes:    map[string]string{"job_title": "Clerk", "department": "Sales", "employee_number": "77"},
		AttributesNow: func(t *testing.T, accountID string) map[string]string {
			t.Helper()
			for _, a := range target.State().Accounts {
				if a.ID == accountID {
					return maps.Clone(a.Attributes)
				}
			}
			t.Fatalf("there is no account %s", accountID)
			return nil
		},
		FindBy: []string{"user_name", "employee_number"},
		SeedSubgroups: func(_ *testing.T, groupID string, childIDs ...string) {
			for _, id := range childIDs {
				target.SeedSubgroup(groupID, id)
			}
		},
		SubgroupsNow: func(_ *testing.T, groupID string) []string { return groupNow(target, groupID).Subgroups },
		Permissions: []directory.Permission{
			{Scope: "project ABC", Level: "read"}, {Scope: "project ABC", Level: "write"}, {Scope: "repository tools", Level: "admin"},
		},
		NoScope: directory.Permission{Scope: "repository nowhere", Level: "read"},
		PermissionsNow: func(_ *testing.T, groupID string) []directory.Permission {
			return groupNow(target, groupID).Permissions
		},
		Lead: func(_ *testing.T, accountID string) []string {
			leads := []string{"project " + accountID, "component " + accountID}
			for _, what := range leads {
				target.SeedLead(what, accountID)
			}
			return leads
		},
		LedBy: func(_ *testing.T, what string) string { return target.LedBy(what) },
	}
	if variant == memory.Nameless {
		f.TellsNoAddress, f.UserName = true, userNameOf
	}
	if variant == memory.Grouping {
		f.Attributes, f.FindBy = nil, []string{"user_name"}
	}
	return f
}

// userNameOf is the user name of who has an address.
func userNameOf(email string) string {
	name, _, _ := strings.Cut(strings.ToLower(email), "@")
	return name
}

// failureOf is a fault as this target fails by it.
func failureOf(wanted targettest.Fault, call string, write bool) memory.Failure {
	outage := &directory.UnavailableError{Call: call, Status: wanted.Status, Ambiguous: write}
	var wait time.Duration
	if wanted.RetryAfter != "" {
		wait = 7 * time.Second
	}
	switch {
	case wanted.CutBefore:
		return memory.Failure{Before: outage}
	case wanted.CutAfter, wanted.Disown != 0 && write:
		return memory.Failure{After: outage}
	case wanted.Disown != 0:
		return memory.Failure{}
	case wanted.Status == 429:
		return memory.Failure{Before: &directory.RateLimitError{Call: call, RetryAfter: wait}}
	case wanted.Status == 401:
		return memory.Failure{Before: &directory.AuthError{Call: call, Status: 401}}
	case wanted.Status != 0:
		outage.RetryAfter = wait
		return memory.Failure{Before: outage}
	}
	return memory.Failure{Delay: wanted.Delay}
}

func TestEveryWriteIsRememberedWhetherOrNotItHasAnEffect(t *testing.T) {
	t.Parallel()
	target := memory.New(memory.Options{})
	id := target.SeedAccount(memory.AccountSeed{Account: directory.Account{Email: "a@example.com", Managed: true}})
	for range 2 {
		if err := target.SuspendAccount(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := target.SuspendAccount(t.Context(), "nobody"); err == nil {
		t.Error("nobody was suspended")
	}
	if _, err := target.Account(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := target.Writes(); len(got) != 3 || got[0].AccountID != id || got[2].AccountID != "nobody" {
		t.Errorf("got %+v", got)
	}
}

// seededName is the user name of a seeded account, where accounts go by it.
func seededName(variant memory.Variant, email string) string {
	if variant == memory.Nameless {
		return userNameOf(email)
	}
	return ""
}

// groupNow is a group as it really is; one that is not there is empty.
func groupNow(target *memory.Target, groupID string) memory.Group {
	for _, g := range target.State().Groups {
		if g.ID == groupID {
			return g
		}
	}
	return memory.Group{}
}
