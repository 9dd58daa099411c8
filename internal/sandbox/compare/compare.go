package compare

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

// comparison holds the indexes of one comparison.
type comparison struct {
	okta      OktaState
	atlassian atlassiansim.Snapshot
	scope     Options
	report    Report

	accountByEmail map[string]atlassiansim.Account
	accountByID    map[string]atlassiansim.Account
	initial        map[string]atlassiansim.Account
	protected      map[string]bool

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
	// former are addresses of earlier states, the latest first.
	former []string
	// account is the person's, if there is one.
	account *atlassiansim.Account
	// conflict is set when no account can be asked for.
	conflict bool
}

// Equal compares an Okta organisation with an Atlassian one, object by object
// and in both directions.
func Equal(okta OktaState, atlassian atlassiansim.Snapshot, scope Options) Report {
	c := &comparison{
		okta: okta, atlassian: atlassian, scope: scope,
		accountByEmail: map[string]atlassiansim.Account{},
		accountByID:    map[string]atlassiansim.Account{},
		initial:        map[string]atlassiansim.Account{},
		protected:      map[string]bool{},
		people:         map[string]*person{},
		owner:          map[string]*person{},
		report:         Report{Differences: []Difference{}, Conflicts: []Conflict{}},
	}
	for _, account := range atlassian.Accounts {
		c.accountByEmail[fold(account.Email)] = account
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

// administers says whether any of the roles is an administrative one. The
// words are the vendor's; the stand-in's own opinion is not asked.
func administers(roles []atlassiansim.Role) bool {
	return slices.ContainsFunc(roles, func(r atlassiansim.Role) bool { return strings.HasSuffix(r.Role, "admin") })
}

// protect finds the accounts that administered from the start, themselves or
// by a group, and the owner of the key.
func (c *comparison) protect() {
	for _, account := range c.scope.Initial.Accounts {
		if account.Owner || administers(account.Roles) {
			c.protected[account.ID] = true
		}
	}
	for _, group := range c.scope.Initial.Groups {
		if !administers(group.Roles) {
			continue
		}
		for _, id := range group.Members {
			c.protected[id] = true
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
			p.former = append([]string{user.Email}, p.former...)
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
			claims[fold(p.user.Email)] = append(claims[fold(p.user.Email)], p)
		}
	}
	for email, claimants := range claims {
		slices.SortStableFunc(claimants, func(a, b *person) int { return int(b.expect) - int(a.expect) })
		first := claimants[0]
		var rivals []*person
		for _, p := range claimants {
			if p.expect == first.expect && p.expect == active {
				rivals = append(rivals, p)
			}
		}
		account, there := c.accountByEmail[email]
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
		if !p.conflict {
			continue
		}
		reason := "same-address"
		if account, there := c.accountByEmail[fold(p.user.Email)]; there && c.protected[account.ID] {
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
		for _, email := range p.former {
			account, there := c.accountByEmail[fold(email)]
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
		case p.account == nil && p.expect == active && !p.conflict && !p.erased:
			c.differ(Difference{Kind: AccountMissing, OktaUser: p.id})
		case p.account == nil:
		default:
			c.compareAccount(p, *p.account)
		}
	}
	for _, account := range c.atlassian.Accounts {
		_, before := c.initial[account.ID]
		if account.Status == "active" && !before && c.owner[account.ID] == nil {
			c.differ(Difference{Kind: AccountExtra, AccountID: account.ID})
		}
	}
}

func (c *comparison) compareAccount(p *person, account atlassiansim.Account) {
	differ := func(kind Kind) { c.differ(Difference{Kind: kind, OktaUser: p.id, AccountID: account.ID}) }
	access := account.Status == "active"
	before, existed := c.initial[account.ID]
	switch {
	case p.expect == active && !p.erased && !access:
		differ(AccountInactive)
	case (p.expect == absent || p.erased) && access:
		differ(AccountActive)
	case p.expect == none && !p.erased && access && !p.wasActive && (!existed || before.Status != "active"):
		differ(AccountEarly)
	}
	if p.expect != active || p.erased || !account.Managed || account.Synced {
		return
	}
	if fold(account.Email) != fold(p.user.Email) && !p.conflict {
		differ(AccountEmail)
	}
	if !c.scope.IgnoreNames && account.Name != displayName(p.user) {
		differ(AccountName)
	}
}

// displayName is the default mapping of names.
func displayName(u OktaUser) string {
	return strings.TrimSpace(strings.TrimSpace(u.FirstName) + " " + strings.TrimSpace(u.LastName))
}
