package rostered

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

// Options are a target with its stand-in. Target, Can, Roster, Engine, API,
// Secret, PageSize, Account and Group are needed; the rest is as in
// targettest.Fixture, where the product has such a thing.
type Options struct {
	Target directory.Target
	// Can is what the target's package says of its kind.
	Can    directory.Capabilities
	Roster *roster.Roster
	Engine *fault.Engine
	// API is the stand-in's name in fault rules.
	API, Secret string
	PageSize    int

	// Account is a seeded active account of an address, and Group a seeded group
	// of a name, as the stand-in itself would make them: with an id of their own.
	Account func(email string) roster.Account
	Group   func(name string) roster.Group
	// Seeded is called with each account that was seeded, to make it active where
	// that takes more than the account (a group that gives access).
	Seeded func(t *testing.T, a roster.Account)
	// Status is an account's status as the product means it; nil is active or
	// deactivated. It may ask the roster.
	Status func(roster.Account) directory.AccountStatus
	// AccountID and GroupID are by what the target knows them; nil is their ID.
	AccountID func(roster.Account) string
	GroupID   func(roster.Group) string

	// RefuseRule refuses to create the account of an address for ever.
	RefuseRule func(email string) fault.Rule
	// Fill leaves the product without a free licence.
	Fill func(t *testing.T)
	// Administrators are ids that Protected must list at least.
	Administrators func(t *testing.T) directory.Protected
	// WritableEmail and ForeignEmail are as in targettest.Fixture, and so are the
	// next four.
	WritableEmail  func(name string) string
	ForeignEmail   func(name string) string
	UserName       func(email string) string
	TellsNoAddress bool
	// TellsAddressOnlyIfAsked is as in targettest.Fixture.
	TellsAddressOnlyIfAsked bool
	SharesAddresses         bool
	ReadsFirst              []string
	// Attributes are those that the target writes, each with a value that it
	// takes; AttributesOf turns an account of the roster into what it holds of
	// them, by our names. Nil is the roster's own.
	Attributes   map[string]string
	AttributesOf func(roster.Account) map[string]string
	FindBy       []string
	// Permissions and NoScope are as in targettest.Fixture; PermissionsOf turns a
	// group of the roster into what it holds. Nil takes the roster's scopes and
	// words as ours.
	Permissions   []directory.Permission
	NoScope       directory.Permission
	PermissionsOf func(roster.Group) []directory.Permission
	// Lead and LedBy are as in targettest.Fixture.
	Lead  func(t *testing.T, accountID string) []string
	LedBy func(t *testing.T, what string) string
}

// Fixture returns the fixture of a target with its stand-in.
func Fixture(o Options) targettest.Fixture {
	s := seeds{o}
	f := targettest.Fixture{
		Target: o.Target, Can: o.Can, Secret: o.Secret, PageSize: o.PageSize,
		SeedAccounts: s.accounts, SeedGroups: s.groups, SeedMembers: s.members,
		AccountsNow: s.accountsNow, MembersNow: s.membersNow,
		Misbehave: func(t *testing.T, wanted targettest.Fault) func() {
			t.Helper()
			return Misbehave(t, o.Engine, o.API, wanted)
		},
		Fill: o.Fill, Administrators: o.Administrators, WritableEmail: o.WritableEmail, ForeignEmail: o.ForeignEmail,
		UserName: o.UserName, TellsNoAddress: o.TellsNoAddress, TellsAddressOnlyIfAsked: o.TellsAddressOnlyIfAsked, SharesAddresses: o.SharesAddresses, ReadsFirst: o.ReadsFirst,
		Attributes: o.Attributes, AttributesNow: s.attributesNow, FindBy: o.FindBy,
		SeedSubgroups: s.subgroups, SubgroupsNow: s.subgroupsNow,
		Permissions: o.Permissions, NoScope: o.NoScope, PermissionsNow: s.permissionsNow,
		Lead: o.Lead, LedBy: o.LedBy,
	}
	if o.RefuseRule != nil {
		f.Refuse = func(_ *testing.T, email string) { o.Engine.Add(o.RefuseRule(email)) }
	}
	return f
}

// Misbehave makes a stand-in misbehave until stop is called, which fails the test
// if a write was to be disowned and none was.
func Misbehave(t *testing.T, engine *fault.Engine, api string, wanted targettest.Fault) (stop func()) {
	t.Helper()
	id := engine.Add(ruleOf(api, wanted))
	return func() {
		t.Helper()
		engine.Remove(id)
		disowned := func(c fault.Call) bool { return c.Applied && c.Status == wanted.Disown }
		if wanted.Disown != 0 && !slices.ContainsFunc(engine.Calls(), disowned) {
			t.Error("no write was done and disowned")
		}
	}
}

// ruleOf is a fault as the engine makes it.
func ruleOf(api string, wanted targettest.Fault) fault.Rule {
	switch {
	case wanted.CutBefore:
		return fault.Rule{API: api, Kind: fault.CutBefore}
	case wanted.CutAfter:
		return fault.Rule{API: api, Kind: fault.CutAfter}
	case wanted.Delay > 0:
		return fault.Rule{API: api, Kind: fault.Latency, Delay: fault.Duration(wanted.Delay)}
	case wanted.Disown != 0:
		return fault.Rule{API: api, Kind: fault.Disown, Status: wanted.Disown, Then: fault.Answer(wanted.Then)}
	}
	return fault.Rule{API: api, Kind: fault.Status, Status: wanted.Status, RetryAfter: wanted.RetryAfter}
}

// seeds are a roster by the ids that the target uses.
type seeds struct{ Options }

func (s seeds) accountID(a roster.Account) string {
	if s.AccountID != nil {
		return s.AccountID(a)
	}
	return a.ID
}

func (s seeds) groupID(g roster.Group) string {
	if s.GroupID != nil {
		return s.GroupID(g)
	}
	return g.ID
}

// account returns the account that the target calls by an id.
func (s seeds) account(t *testing.T, id string) roster.Account {
	t.Helper()
	if a, there := s.Roster.Account(id); there && s.accountID(a) == id {
		return a
	}
	if a, there := s.Roster.AccountNamed(id); there && s.accountID(a) == id {
		return a
	}
	all := s.Roster.Accounts(nil)
	i := slices.IndexFunc(all, func(a roster.Account) bool { return s.accountID(a) == id })
	if i < 0 {
		t.Fatalf("the stand-in has no account %s", id)
	}
	return all[i]
}

// group returns the group that the target calls by an id.
func (s seeds) group(t *testing.T, id string) roster.Group {
	t.Helper()
	if g, there := s.Roster.Group(id); there && s.groupID(g) == id {
		return g
	}
	if g, there := s.Roster.GroupNamed(id); there && s.groupID(g) == id {
		return g
	}
	all := s.Roster.Groups(nil)
	i := slices.IndexFunc(all, func(g roster.Group) bool { return s.groupID(g) == id })
	if i < 0 {
		t.Fatalf("the stand-in has no group %s", id)
	}
	return all[i]
}
