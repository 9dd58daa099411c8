package memory

import (
	"context"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// givesAccess reports whether a group is one of those that give access.
func (t *Target) givesAccess(g *group) bool {
	return slices.ContainsFunc(t.options.AccessGroups, func(name string) bool { return strings.EqualFold(name, g.Name) })
}

// loseAccess takes an account out of the groups that give access.
func (t *Target) loseAccess(a *account) {
	for _, g := range t.groups {
		if t.givesAccess(g) {
			g.leave(a.ID)
		}
	}
}

func (t *Target) accessGroups(ctx context.Context) ([]string, error) {
	var ids []string
	err := t.read(ctx, "AccessGroups", func() error {
		for _, g := range t.groups {
			if t.givesAccess(g) {
				ids = append(ids, g.ID)
			}
		}
		return nil
	})
	return ids, err
}

// SeedLead makes an account lead something, which is no write.
func (t *Target) SeedLead(what, accountID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.leads == nil {
		t.leads = make(map[string]string)
	}
	t.leads[what] = accountID
}

// LedBy is the id of the account that leads something.
func (t *Target) LedBy(what string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leads[what]
}

// led is what an account leads, in order.
func (t *Target) led(accountID string) []string {
	var all []string
	for what, by := range t.leads {
		if by == accountID {
			all = append(all, what)
		}
	}
	slices.Sort(all)
	return all
}

// kept is why an account is not blocked: it leads something.
func (t *Target) kept(call, accountID string) error {
	if t.options.LeadsTo == "" || accountID == t.options.LeadsTo || len(t.led(accountID)) == 0 {
		return nil
	}
	return &directory.RefusedError{Call: call, Status: 400, Code: "leads"}
}

// handOver gives what an account leads to whom the options name.
func (t *Target) handOver(ctx context.Context, accountID string) ([]string, error) {
	var handed []string
	err := t.write(ctx, func() Write { return Write{Call: "HandOver", AccountID: accountID} }, func() error {
		if accountID == t.options.LeadsTo {
			return nil
		}
		handed = t.led(accountID)
		for _, what := range handed {
			t.leads[what] = t.options.LeadsTo
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return handed, nil
}
