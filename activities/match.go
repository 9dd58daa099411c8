package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// The attributes that every target has a field for.
const (
	byEmail    = "email"
	byUserName = "user_name"
)

// match is what a target holds that may be a joiner's.
type match struct {
	// accounts are those found by the first attribute that any was found by.
	accounts []directory.Account
	// class is why none of them is to be taken, and none made.
	class directory.Class
}

// matches are the matches of a batch's joiners, by change.
type matches map[int64]match

func (m matches) of(d store.DueChange) match { return m[d.ID] }

func (m matches) ids() []string {
	var ids []string
	for _, one := range m {
		for _, a := range one.accounts {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// match looks for accounts that exist for joiners: by the configured attributes
// in their order, of which the first by which any is found decides. Whoever is
// found by none of them may still have an account of that address: where
// addresses do not decide, it is in the way of a new one, and reported.
func (b *batch) match(ctx context.Context, joiners []store.DueChange) (matches, error) {
	found := make(matches, len(joiners))
	left := joiners
	addresses := false
	for _, attribute := range b.linkBy() {
		addresses = addresses || attribute == byEmail
		accounts, err := b.findBy(ctx, attribute, left)
		if err != nil {
			return nil, err
		}
		var still []store.DueChange
		for _, d := range left {
			value := strings.ToLower(desiredValue(d, attribute))
			if theirs := accounts[value]; value != "" && len(theirs) > 0 {
				found[d.ID] = match{accounts: theirs}
			} else {
				still = append(still, d)
			}
		}
		left = still
	}
	if !addresses && len(left) > 0 {
		accounts, err := b.findBy(ctx, byEmail, left)
		if err != nil {
			return nil, err
		}
		for _, d := range left {
			if inTheWay := accounts[strings.ToLower(d.DesiredEmail)]; len(inTheWay) > 0 {
				found[d.ID] = match{accounts: inTheWay, class: directory.ClassConflict}
				if d.IntentAt != 0 && len(inTheWay) == 1 {
					found[d.ID] = match{accounts: inTheWay} // it was not there before this change was sent
				}
			}
		}
	}
	return oneToOne(found), nil
}

// oneToOne reports accounts that several joiners are found to have: whose they
// are is not guessed.
func oneToOne(found matches) matches {
	claims := make(map[string]int)
	for _, m := range found {
		for _, a := range m.accounts {
			claims[a.ID]++
		}
	}
	for id, m := range found {
		for _, a := range m.accounts {
			if m.class == "" && claims[a.ID] > 1 {
				m.class = directory.ClassAmbiguous
				found[id] = m
			}
		}
	}
	return found
}

func (b *batch) linkBy() []string {
	if len(b.target.LinkBy) == 0 {
		return []string{byEmail}
	}
	return b.target.LinkBy
}

// findBy finds accounts by an attribute, by its value in lower case.
func (b *batch) findBy(ctx context.Context, attribute string, joiners []store.DueChange) (map[string][]directory.Account, error) {
	values := make([]string, 0, len(joiners))
	for _, d := range joiners {
		if value := desiredValue(d, attribute); value != "" {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	if attribute == byEmail {
		return b.findByEmail(ctx, values)
	}
	finder, can := b.target.Target.(directory.AccountFinder)
	if !can {
		// Making second accounts would be worse than making none.
		return nil, &directory.RefusedError{Call: "find accounts by " + attribute, Code: string(directory.ClassUnsupported),
			Detail: "this target does not find accounts by " + attribute}
	}
	accounts, err := steady(ctx, func() ([]directory.Account, error) { return finder.FindAccountsBy(ctx, attribute, values) })
	if err != nil {
		return nil, err
	}
	return byValue(accounts, attribute), nil
}

func (b *batch) findByEmail(ctx context.Context, emails []string) (map[string][]directory.Account, error) {
	accounts, err := steady(ctx, func() ([]directory.Account, error) { return b.target.FindAccounts(ctx, emails) })
	if err != nil {
		return nil, err
	}
	return byValue(accounts, byEmail), nil
}

func byValue(accounts []directory.Account, attribute string) map[string][]directory.Account {
	found := make(map[string][]directory.Account, len(accounts))
	for _, a := range accounts {
		key := strings.ToLower(heldValue(a, attribute))
		found[key] = append(found[key], a)
	}
	return found
}

func heldValue(a directory.Account, attribute string) string {
	switch attribute {
	case byEmail:
		return a.Email
	case byUserName:
		return a.UserName
	}
	return a.Attributes[attribute]
}

// desiredValue is what an account of somebody would hold for an attribute.
func desiredValue(d store.DueChange, attribute string) string {
	switch attribute {
	case byEmail:
		return d.DesiredEmail
	case byUserName:
		return d.DesiredUserName
	}
	attributes, err := store.ReadAttributes(d.DesiredAttributes)
	if err != nil {
		return "" // what cannot be read is reported where it is written
	}
	return attributes[attribute]
}
