package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Kind is what a connection calls this target.
const Kind = "memory"

// longestGroupName is in characters.
const longestGroupName = 40

// Capabilities are all that a target can have.
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes: append([]string{"user_name"}, attributes()...),
		Steps:      []directory.Kind{directory.SuspendAccount, directory.DeactivateAccount, directory.DeleteAccount, directory.RemoveMember},
		LinkBy:     []string{"email", "user_name", "employee_number"},
		Renames:    true,
		Nests:      true,
		Permits:    true,
		Creates:    true, CreatesInGroups: true,
		GroupName: func(name string) string {
			switch {
			case strings.TrimSpace(name) == "":
				return "the name is empty"
			case utf8.RuneCountInString(name) > longestGroupName:
				return fmt.Sprintf("the name is longer than %d characters", longestGroupName)
			case strings.ContainsRune(name, '/'):
				return "the name holds a slash"
			}
			return ""
		},
	}
}

// attributes are those of an account beside its names and its address.
func attributes() []string {
	return []string{"job_title", "department", "organization", "location", "locale", "time_zone", "employee_number"}
}

// Options say what a Target is like.
type Options struct {
	// PageSize is how many elements a page has; 100 when zero.
	PageSize int
	// Seats is how many accounts may be active; 0 is any number.
	Seats int
	// Order, when set, gives the place of an object in the lists: those with a
	// smaller one come first.
	Order func(id string) uint64
	// Nameless is whether accounts show no address and are not found by one.
	Nameless bool
	// Unmanaged is whether no account can be written.
	Unmanaged bool
	// AccessGroups are the names of the groups that a suspended account is in no
	// longer; LeadsTo is who gets what others lead. They are for the variants of
	// those names.
	AccessGroups []string
	LeadsTo      string
}

// Target keeps accounts and groups in memory. It is safe for concurrent use.
type Target struct {
	options Options

	mu       sync.Mutex
	made     int
	accounts []*account
	groups   []*group
	scopes   map[string]bool
	guarded  directory.Protected
	failure  func(call string, write bool) Failure
	writes   []Write
	// leads are the ids of the accounts that lead something, by what it is.
	leads map[string]string
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.Suspender      = (*Target)(nil)
	_ directory.AccessGranter  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.GroupRenamer   = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
	_ Whole                    = (*Target)(nil)
)

// New returns an empty target.
func New(options Options) *Target {
	if options.PageSize == 0 {
		options.PageSize = 100
	}
	return &Target{options: options}
}

type account struct {
	directory.Account
	// licensed is whether the account was given what a new one gets.
	licensed, suspended, deactivated, closed bool
}

func (a *account) status() directory.AccountStatus {
	switch {
	case a.closed:
		return directory.AccountClosed
	case a.deactivated:
		return directory.AccountDeactivated
	case a.suspended:
		return directory.AccountSuspended
	}
	return directory.AccountActive
}

// seen is the account as it is.
func (a *account) seen() directory.Account {
	seen := a.Account
	seen.Status = a.status()
	seen.Attributes = make(map[string]string, len(attributes()))
	for _, name := range attributes() {
		seen.Attributes[name] = a.Attributes[name]
	}
	return seen
}

type group struct {
	directory.TargetGroup
	members []string
	// inside are the ids of the groups that are directly in it, permits its levels by scope.
	inside  []string
	permits map[string]string
}

func (t *Target) id(prefix string) string {
	t.made++
	return fmt.Sprintf("%s-%d", prefix, t.made)
}

func (t *Target) account(id string) *account {
	for _, a := range t.accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

func (t *Target) group(id string) *group {
	for _, g := range t.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// full is whether one more active account would be one too many.
func (t *Target) full() bool {
	if t.options.Seats == 0 {
		return false
	}
	taken := 0
	for _, a := range t.accounts {
		if a.licensed && a.status() == directory.AccountActive {
			taken++
		}
	}
	return taken >= t.options.Seats
}

// Check implements directory.Target.
func (t *Target) Check(ctx context.Context) (directory.TargetReport, error) {
	err := t.read(ctx, "check", func() error { return nil })
	if directory.ClassOf(err) == directory.ClassAuth {
		return directory.TargetReport{Missing: []string{"The credential is refused."}}, nil
	}
	if err != nil {
		return directory.TargetReport{}, err
	}
	return directory.TargetReport{Identity: "memory", Can: []string{"everything"}}, nil
}

// Protected implements directory.Guarded.
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	var protected directory.Protected
	err := t.read(ctx, "protected", func() error {
		protected = directory.Protected{AccountIDs: slices.Clone(t.guarded.AccountIDs), GroupIDs: slices.Clone(t.guarded.GroupIDs)}
		return nil
	})
	return protected, err
}
