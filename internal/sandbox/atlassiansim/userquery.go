package atlassiansim

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// userQuery is MultiDirectoryUserSearchRequest, and what the deprecated GET
// form and the count take.
type userQuery struct {
	AccountIDs       []string  `json:"accountIds,omitempty"`
	AccountStatus    []string  `json:"accountStatus,omitempty"`
	ClaimStatus      string    `json:"claimStatus,omitempty"`
	Cursor           string    `json:"cursor,omitempty"`
	DirectoryIDs     []string  `json:"directoryIds,omitempty"`
	EmailDomains     []string  `json:"emailDomains,omitempty"`
	Emails           []string  `json:"emails,omitempty"`
	Expand           []string  `json:"expand,omitempty"`
	GroupIDs         []string  `json:"groupIds,omitempty"`
	Limit            *int      `json:"limit,omitempty"`
	MembershipStatus []string  `json:"membershipStatus,omitempty"`
	MFAEnabled       *bool     `json:"mfaEnabled,omitempty"`
	ResourceIDs      []string  `json:"resourceIds,omitempty"`
	RoleIDs          []string  `json:"roleIds,omitempty"`
	SearchTerm       string    `json:"searchTerm,omitempty"`
	SortBy           []sorting `json:"sortBy,omitempty"`
	Status           []string  `json:"status,omitempty"`
}

type sorting struct {
	Direction string `json:"direction"`
	Field     string `json:"field"`
}

var allRoles = []string{
	roleUser, roleAdmin, roleGuest, "atlassian/customer", roleUserAdmin, "atlassian/contributor", "atlassian/basic",
	"atlassian/stakeholder", roleOrgAdmin, roleSiteAdmin, roleAI,
}

// check applies the description's constraints and fills in the page size.
func (q *userQuery) check(standard int) error {
	var c constraints
	c.list("accountIds", q.AccountIDs, 10)
	c.list("accountStatus", q.AccountStatus, 3, lifecycleActive, lifecycleInactive, lifecycleClosed)
	c.list("directoryIds", q.DirectoryIDs, 10)
	c.list("emailDomains", q.EmailDomains, 10)
	c.list("emails", q.Emails, 100)
	c.unique("emails", q.Emails)
	c.list("expand", q.Expand, 4, "platformRoles", "counts.resources", "productAccess", "groups")
	c.unique("expand", q.Expand)
	c.list("groupIds", q.GroupIDs, 10)
	c.list("membershipStatus", q.MembershipStatus, 3, memberActive, memberSuspended, memberNone)
	c.list("resourceIds", q.ResourceIDs, 20)
	c.list("roleIds", q.RoleIDs, 10, allRoles...)
	c.list("status", q.Status, 4, "active", "suspended", "not_invited", "deactivated", "for_deletion")
	if q.ClaimStatus != "" && q.ClaimStatus != "managed" && q.ClaimStatus != "unmanaged" {
		c.fail("claimStatus: %q is not allowed", q.ClaimStatus)
	}
	if len(q.Emails) > 0 && q.SearchTerm != "" {
		c.fail("emails and searchTerm are mutually exclusive")
	}
	checkSorting(&c, q.SortBy, "nick_name")
	limit := c.limit(q.Limit, standard, 100)
	q.Limit = &limit
	return c.first
}

func checkSorting(c *constraints, by []sorting, field string) {
	if by == nil {
		return
	}
	if len(by) != 1 {
		c.fail("sortBy must have 1 item")
		return
	}
	if by[0].Field != field || (by[0].Direction != "asc" && by[0].Direction != "desc") {
		c.fail("sortBy: only %s, asc or desc", field)
	}
}

// found is an account as a query sees it.
type found struct {
	*account
	*record
}

// users yields the accounts that a query finds. directory is the one in the
// path; "-" reaches managed accounts that are in none, if the query asks for
// them (by claimStatus, or by a status that only they have). The caller holds
// the lock.
func (s *Sim) users(q *userQuery, directory string, effect fault.Kind) matches[found] {
	outside := directory == "-" && len(q.DirectoryIDs) == 0 && (q.ClaimStatus == "managed" ||
		slices.Contains(q.MembershipStatus, memberNone) || slices.Contains(q.Status, "not_invited"))
	keep := s.filter(q, outside)
	candidates := s.candidates(q)
	view := func(a *account) *record { return &a.record }
	if effect == fault.Stale {
		// What an index says is of now: look at everybody as they were.
		then := s.opts.Now().Add(-s.opts.Staleness)
		view = func(a *account) *record { return a.at(then) }
		candidates = s.accounts
	}
	all := func(after int64) iter.Seq2[int64, found] {
		return func(yield func(int64, found) bool) {
			start, exact := slices.BinarySearchFunc(candidates, after, bySeq)
			if exact {
				start++
			}
			for _, a := range candidates[start:] {
				rec := view(a)
				if rec == nil || !keep(a, rec) {
					continue
				}
				if !yield(a.seq, found{a, rec}) {
					return
				}
			}
		}
	}
	if len(q.SortBy) == 0 {
		return all
	}
	var sorted []found
	for _, f := range all(0) {
		sorted = append(sorted, f)
	}
	slices.SortStableFunc(sorted, func(a, b found) int {
		order := strings.Compare(fold(a.record.nickname), fold(b.record.nickname))
		if q.SortBy[0].Direction == "desc" {
			return -order
		}
		return order
	})
	return numbered(sorted)
}

// candidates narrows the search by an index where there is one, in order of
// seq.
func (s *Sim) candidates(q *userQuery) []*account {
	var found []*account
	switch {
	case len(q.AccountIDs) > 0:
		for _, id := range q.AccountIDs {
			if a := s.accountByID[id]; a != nil {
				found = append(found, a)
			}
		}
	case len(q.Emails) > 0:
		for _, email := range q.Emails {
			if a := s.accountByEmail[fold(email)]; a != nil {
				found = append(found, a)
			}
		}
	case len(q.GroupIDs) == 1:
		if g := s.liveGroup(q.GroupIDs[0]); g != nil {
			return g.members
		}
		return nil
	case len(q.GroupIDs) > 1:
		for _, id := range q.GroupIDs {
			if g := s.liveGroup(id); g != nil {
				found = append(found, g.members...)
			}
		}
	default:
		return s.accounts
	}
	slices.SortFunc(found, func(a, b *account) int { return int(a.seq - b.seq) })
	return slices.Compact(found)
}

// filter is every condition of a query, whatever index was used.
func (s *Sim) filter(q *userQuery, outside bool) func(a *account, r *record) bool {
	emails := map[string]struct{}{}
	for _, email := range q.Emails {
		emails[fold(email)] = struct{}{}
	}
	term := fold(q.SearchTerm)
	has := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	return func(a *account, r *record) bool {
		if r.membership == memberNone && (!outside || !a.managed) {
			return false
		}
		if len(emails) > 0 {
			if _, asked := emails[fold(r.email)]; !asked {
				return false
			}
		}
		claim := claimStatus(a)
		if !has(q.AccountIDs, a.id) || !has(q.AccountStatus, r.lifecycle) || !has(q.Status, r.status()) ||
			!has(q.MembershipStatus, r.membership) || (q.ClaimStatus != "" && q.ClaimStatus != claim) {
			return false
		}
		if len(q.DirectoryIDs) > 0 && (r.membership == memberNone || !slices.Contains(q.DirectoryIDs, s.opts.DirectoryID)) {
			return false
		}
		if term != "" && !strings.Contains(fold(r.name), term) && !strings.Contains(fold(r.email), term) {
			return false
		}
		// Nobody here has a second factor.
		if q.MFAEnabled != nil && *q.MFAEnabled {
			return false
		}
		if len(q.EmailDomains) > 0 {
			_, domain, _ := strings.Cut(fold(r.email), "@")
			if !slices.ContainsFunc(q.EmailDomains, func(d string) bool { return strings.TrimPrefix(fold(d), "@") == domain }) {
				return false
			}
		}
		return r.inGroup(q.GroupIDs) && r.holds(q.RoleIDs, q.ResourceIDs)
	}
}

func (r *record) inGroup(ids []string) bool {
	if len(ids) == 0 {
		return true
	}
	for g := range r.groups {
		if g.live() && slices.Contains(ids, g.id) {
			return true
		}
	}
	return false
}

// holds says whether the account has one of the roles on one of the
// resources, itself or by a group.
func (r *record) holds(roles, resources []string) bool {
	if len(roles) == 0 && len(resources) == 0 {
		return true
	}
	for g := range r.effective() {
		if (len(roles) == 0 || slices.Contains(roles, g.role)) && (len(resources) == 0 || slices.Contains(resources, g.resource)) {
			return true
		}
	}
	return false
}

// effective yields what the account itself and its groups were given; a grant
// may come more than once.
func (r *record) effective() iter.Seq[grant] {
	return func(yield func(grant) bool) {
		for g := range r.grants {
			if !yield(g) {
				return
			}
		}
		for group := range r.groups {
			for g := range group.grants {
				if !yield(g) {
					return
				}
			}
		}
	}
}

func claimStatus(a *account) string {
	if a.managed {
		return "managed"
	}
	return "unmanaged"
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
