package compare

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// comparison holds the indexes of one comparison.
type comparison struct {
	okta   OktaState
	target roster.Snapshot
	scope  Options
	report Report

	// accountByKey are the accounts by what makes one a person's: the address, or
	// the user name.
	accountByKey map[string]roster.Account
	accountByID  map[string]roster.Account
	initial      map[string]roster.Account
	protected    map[string]bool
	// open are the accounts with access.
	open map[string]bool

	people map[string]*person
	// owner is who an account belongs to, by account id.
	owner map[string]*person
}

// person is everybody whom Okta has or had.
type person struct {
	id     string
	user   OktaUser
	expect expectation
	// erased is somebody who was in an earlier state and is not in this one.
	erased bool
	// wasActive is somebody whom an earlier state had as active.
	wasActive bool
	// former are the keys of earlier states, the latest first.
	former []string
	// account is the person's, if there is one.
	account *roster.Account
	// conflict is set when no account can be asked for.
	conflict bool
}

// Equal compares an Okta organisation with a target, object by object and in
// both directions.
func Equal(okta OktaState, target roster.Snapshot, scope Options) Report {
	c := &comparison{
		okta: okta, target: target, scope: scope,
		accountByKey: map[string]roster.Account{},
		accountByID:  map[string]roster.Account{},
		initial:      map[string]roster.Account{},
		protected:    map[string]bool{},
		open:         scope.Target.open(target),
		people:       map[string]*person{},
		owner:        map[string]*person{},
		report:       Report{Differences: []Difference{}, Conflicts: []Conflict{}},
	}
	for _, account := range target.Accounts {
		c.accountByKey[scope.Target.keyOf(account)] = account
		c.accountByID[account.ID] = account
	}
	for _, account := range scope.Initial.Accounts {
		c.initial[account.ID] = account
	}
	c.protect()
	c.gather()
	c.assign()
	c.comparePeople()
	c.compareGroups()
	c.compareUntouched()
	return c.report
}

func (c *comparison) differ(d Difference) { c.report.Differences = append(c.report.Differences, d) }

func (c *comparison) conflict(reason, user, group string) {
	c.report.Conflicts = append(c.report.Conflicts, Conflict{Reason: reason, OktaUser: user, OktaGroup: group})
}

// protect finds the accounts that administered from the start, themselves or
// by a group at any depth.
func (c *comparison) protect() {
	for _, account := range c.scope.Initial.Accounts {
		if account.Administrator {
			c.protected[account.ID] = true
		}
	}
	groups := map[string]roster.GroupMembers{}
	var open []roster.GroupMembers
	for _, group := range c.scope.Initial.Groups {
		groups[group.ID] = group
		if group.Administrator {
			open = append(open, group)
		}
	}
	seen := map[string]bool{}
	for len(open) > 0 {
		group := open[0]
		open = open[1:]
		if seen[group.ID] {
			continue
		}
		seen[group.ID] = true
		for _, id := range group.Members {
			c.protected[id] = true
		}
		for _, id := range group.Subgroups {
			open = append(open, groups[id])
		}
	}
}

// gather collects the people of this state and of the earlier ones.
func (c *comparison) gather() {
	for _, state := range c.scope.Earlier {
		for _, user := range state.Users {
			p := c.people[user.ID]
			if p == nil {
				p = &person{id: user.ID, erased: true}
				c.people[user.ID] = p
			}
			p.former = append([]string{c.scope.Target.keyFor(user)}, p.former...)
			p.wasActive = p.wasActive || expects(user.Status) == active
		}
	}
	for _, user := range c.okta.Users {
		p := c.people[user.ID]
		if p == nil {
			p = &person{id: user.ID}
			c.people[user.ID] = p
		}
		p.user, p.erased, p.expect = user, false, expects(user.Status)
	}
	if c.scope.App {
		assigned := map[string]bool{}
		for _, id := range c.okta.App.Users {
			assigned[id] = true
		}
		for _, p := range c.people {
			if !assigned[p.id] {
				p.expect = absent
			}
		}
	}
}

// ordered returns the people in order of id, so that reports do not vary.
func (c *comparison) ordered() []*person {
	all := make([]*person, 0, len(c.people))
	for _, p := range c.people {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *person) int { return strings.Compare(a.id, b.id) })
	return all
}

// assign finds each person's account. An address that several people have is
// that of the one who may have access; of two such, it is a conflict.
func (c *comparison) assign() {
	claims := map[string][]*person{}
	for _, p := range c.ordered() {
		if !p.erased {
			key := c.scope.Target.keyFor(p.user)
			claims[key] = append(claims[key], p)
		}
	}
	for key, claimants := range claims {
		slices.SortStableFunc(claimants, func(a, b *person) int { return int(b.expect) - int(a.expect) })
		first := claimants[0]
		var rivals []*person
		for _, p := range claimants {
			if p.expect == first.expect && p.expect == active {
				rivals = append(rivals, p)
			}
		}
		account, there := c.accountByKey[key]
		if len(rivals) > 1 {
			for _, p := range rivals {
				p.conflict = true
				if there {
					c.owner[account.ID] = p
				}
			}
			continue
		}
		if there && c.protected[account.ID] {
			first.conflict = true
			continue
		}
		if there {
			first.account = &account
			c.owner[account.ID] = first
		}
	}
	c.assignFormer()
	for _, p := range c.ordered() {
		if refuses := c.scope.Target.RefusesUserName; refuses != nil && p.account == nil && p.expect == active && !p.erased && !p.conflict && refuses(fold(p.user.Login)) {
			p.conflict = true
			c.conflict("refused-user-name", p.id, "")
			continue
		}
		if !p.conflict {
			continue
		}
		reason := "same-address"
		if account, there := c.accountByKey[c.scope.Target.keyFor(p.user)]; there && c.protected[account.ID] {
			reason = "protected-account"
		}
		c.conflict(reason, p.id, "")
	}
}

// assignFormer gives those without an account of their present address the one
// of an earlier address, if nobody has that address now.
func (c *comparison) assignFormer() {
	for _, p := range c.ordered() {
		if p.account != nil {
			continue
		}
		for _, key := range p.former {
			account, there := c.accountByKey[key]
			if there && c.owner[account.ID] == nil && !c.protected[account.ID] {
				p.account = &account
				c.owner[account.ID] = p
				break
			}
		}
	}
}

// comparePeople asks of every person whether the account is what it should be,
// then of every account whether it is somebody's.
func (c *comparison) comparePeople() {
	for _, p := range c.ordered() {
		c.report.Compared.Users++
		if p.account != nil {
			c.report.Compared.Accounts++
		}
		switch {
		case p.account == nil && p.expect == active && !p.conflict && !p.erased && !c.scope.Target.NoAccounts:
			c.differ(Difference{Kind: AccountMissing, OktaUser: p.id})
		case p.account == nil:
		default:
			c.compareAccount(p, *p.account)
		}
	}
	for _, account := range c.target.Accounts {
		_, before := c.initial[account.ID]
		if c.open[account.ID] && !before && c.owner[account.ID] == nil {
			c.differ(Difference{Kind: AccountExtra, AccountID: account.ID})
		}
	}
}

func (c *comparison) compareAccount(p *person, account roster.Account) {
	differ := func(kind Kind) { c.differ(Difference{Kind: kind, OktaUser: p.id, AccountID: account.ID}) }
	access := c.open[account.ID]
	before, existed := c.initial[account.ID]
	leaver, ending := p.expect == absent || p.erased, c.scope.Target.ending(p)
	switch {
	case p.expect == active && !p.erased && !access:
		differ(AccountInactive)
	case leaver && ending == Gone && !c.left(account):
		differ(AccountLeft)
	case leaver && ending == Blocked && access:
		differ(AccountActive)
	case p.expect == none && !p.erased && access && !p.wasActive && !c.scope.Target.NoAccounts && (!existed || !before.Active):
		differ(AccountEarly)
	}
	if p.expect != active || p.erased || account.External {
		return
	}
	if !existed && c.scope.Target.UserNames && fold(account.UserName) != fold(p.user.Login) {
		differ(AccountUserName)
	}
	if !c.scope.Target.KeepsEmails && fold(account.Email) != fold(p.user.Email) && !p.conflict {
		differ(AccountEmail)
	}
	if !c.scope.IgnoreNames && !c.scope.Target.KeepsNames && account.DisplayName != displayName(p.user) {
		differ(AccountName)
	}
}

// left says whether the account of somebody who is gone may be there still: one
// that was there without access from the start is nobody's to remove.
func (c *comparison) left(account roster.Account) bool {
	before, existed := c.initial[account.ID]
	return existed && !before.Active && !account.Active
}

// displayName is the default mapping of names.
func displayName(u OktaUser) string {
	return strings.TrimSpace(strings.TrimSpace(u.FirstName) + " " + strings.TrimSpace(u.LastName))
}
