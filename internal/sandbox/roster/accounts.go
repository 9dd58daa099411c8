package roster

import (
	"cmp"
	"fmt"
	"slices"
)

// AddAccount adds an account. A user name or an id that exists is ErrTaken.
func (r *Roster) AddAccount(a Account) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accounts[a.ID] != nil || a.UserName != "" && r.byName[fold(a.UserName)] != nil {
		return ErrTaken
	}
	one := &account{Account: a, groups: map[string]*group{}}
	one.Account = one.copied()
	one.text = textOf(one.Account)
	r.accounts[a.ID] = one
	if a.UserName != "" {
		r.byName[fold(a.UserName)] = one
	}
	r.order = append(r.order, one)
	return nil
}

// Account returns the account of an id.
func (r *Roster) Account(id string) (Account, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a := r.accounts[id]
	if a == nil {
		return Account{}, false
	}
	return a.copied(), true
}

// AccountNamed returns the account of a user name, whatever its case.
func (r *Roster) AccountNamed(userName string) (Account, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a := r.byName[fold(userName)]
	if a == nil {
		return Account{}, false
	}
	return a.copied(), true
}

// Accounts returns those for which keep is true (nil is all), in the order in
// which they were added.
func (r *Roster) Accounts(keep func(Account) bool) []Account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Account, 0, len(r.order))
	for _, a := range r.order {
		if keep == nil || keep(a.Account) {
			all = append(all, a.copied())
		}
	}
	return all
}

// ChangeAccount changes an account, but for its id. It returns ErrNoAccount, or
// ErrTaken for a user name that another account has, and changes nothing then.
func (r *Roster) ChangeAccount(id string, change func(*Account)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[id]
	if a == nil {
		return ErrNoAccount
	}
	next := a.copied()
	change(&next)
	if next.ID != id {
		return fmt.Errorf("change account %s: its id cannot change", id)
	}
	if other := r.byName[fold(next.UserName)]; next.UserName != "" && other != nil && other != a {
		return ErrTaken
	}
	delete(r.byName, fold(a.UserName))
	if next.UserName != "" {
		r.byName[fold(next.UserName)] = a
	}
	a.Account, a.text = next, textOf(next)
	return nil
}

// RemoveAccount removes an account with its memberships; ErrNoAccount when it
// is not there.
func (r *Roster) RemoveAccount(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[id]
	if a == nil {
		return ErrNoAccount
	}
	for _, g := range a.groups {
		g.drop(a)
	}
	delete(r.accounts, id)
	delete(r.byName, fold(a.UserName))
	r.order = slices.DeleteFunc(r.order, func(other *account) bool { return other == a })
	return nil
}

// GroupsOf returns the groups that an account is directly in, by name.
func (r *Roster) GroupsOf(accountID string) []Group {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a := r.accounts[accountID]
	if a == nil {
		return nil
	}
	all := make([]Group, 0, len(a.groups))
	for _, g := range a.groups {
		all = append(all, g.copied())
	}
	slices.SortFunc(all, func(a, b Group) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	return all
}
