package atlassiansim

import (
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// inviteLimit is how many people one invitation may name.
const inviteLimit = 25

// invitation is MultidirectoryInviteApiRequest.
type invitation struct {
	Emails           []string      `json:"emails"`
	PermissionRules  []roleRequest `json:"permissionRules"`
	AdditionalGroups []string      `json:"additionalGroups"`
	NotificationText string        `json:"notificationText"`
	SendNotification bool          `json:"sendNotification"`
}

type invited struct {
	Email   string         `json:"email"`
	ID      string         `json:"id,omitempty"`
	Results []inviteResult `json:"results"`
}

type inviteResult struct {
	Roles  []roleResult  `json:"roleAssignmentResult"`
	Groups []groupResult `json:"groupAssignmentResult"`
}

type roleResult struct {
	Resource     string  `json:"resource"`
	Role         string  `json:"role"`
	Status       string  `json:"status"`
	StatusReason *string `json:"statusReason"`
}

type groupResult struct {
	Group        string  `json:"group"`
	Status       string  `json:"status"`
	StatusReason *string `json:"statusReason"`
}

// Why a part of an invitation failed. The description has no list of reasons;
// these say in words what its error codes call the same.
const (
	reasonInactive = "INACTIVE_USER"
	reasonSynced   = "USER_SYNCED"
	reasonSeats    = "LICENSE_LIMIT_EXCEEDED"
	reasonGroup    = "GROUP_NOT_MODIFIABLE"
)

// check refuses the whole invitation when any of its addresses is malformed,
// as "may be malformed … or contain invalid characters" is documented for the
// request, not for one result.
func (in invitation) check() error {
	if len(in.Emails) == 0 || len(in.Emails) > inviteLimit {
		return errors.New("emails must have 1 to 25 items")
	}
	for _, email := range in.Emails {
		address, err := mail.ParseAddress(email)
		if err != nil || address.Address != email || control(email) || !strings.Contains(email, "@") {
			return errors.New(email + " is no e-mail address")
		}
	}
	for _, rule := range in.PermissionRules {
		if rule.Resource == "" || rule.Role == "" {
			return errors.New("a permission rule needs resource and role")
		}
	}
	return nil
}

// invite adds people to the directory, with roles and groups. Somebody who is
// there already gains the roles and groups and is not added again; somebody
// with an account from elsewhere joins with that account. An invitation with
// neither roles nor groups adds people to the only directory, without access.
func (s *Sim) invite(w http.ResponseWriter, r *http.Request) {
	var in invitation
	err := decode(r, &in)
	if err == nil {
		err = in.check()
	}
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	if s.opts.Unpaid {
		s.fail(w, r, http.StatusPaymentRequired, "ADMIN-UAM-402-1", "The organization has no paid subscription.")
		return
	}
	roles := make([]grant, 0, len(in.PermissionRules))
	for _, rule := range in.PermissionRules {
		res, known := s.resource(rule.Resource)
		if !known || !res.workspace() {
			s.fail(w, r, http.StatusNotFound, "ADMIN-UAM-404-1", "The resource %s was not found.", rule.Resource)
			return
		}
		if rule.Role == roleUserAdmin || !res.takes(rule.Role) {
			s.fail(w, r, http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is no role on this resource.", rule.Role)
			return
		}
		roles = append(roles, grant{rule.Resource, rule.Role})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	groups := make([]*group, 0, len(in.AdditionalGroups))
	for _, id := range in.AdditionalGroups {
		g := s.liveGroup(id)
		if g == nil {
			s.fail(w, r, http.StatusNotFound, "ADMIN-UAM-404-3", "The group %s was not found.", id)
			return
		}
		groups = append(groups, g)
	}
	if s.nobodyFits(in.Emails, roles) {
		s.fail(w, r, http.StatusConflict, "ADMIN-UAM-409-3", "No license is free for an app of the invitation.")
		return
	}
	status, answer := http.StatusOK, make([]invited, 0, len(in.Emails))
	seen := map[string]struct{}{}
	for _, email := range in.Emails {
		if _, twice := seen[fold(email)]; twice {
			continue
		}
		seen[fold(email)] = struct{}{}
		one, failed := s.inviteOne(r, email, roles, groups)
		if failed {
			status = http.StatusPartialContent
		}
		answer = append(answer, one)
	}
	write(w, status, struct {
		Data []invited `json:"data"`
	}{answer})
}

// nobodyFits says whether the seats of the invitation's apps are all taken, so
// that it is refused as a whole.
func (s *Sim) nobodyFits(emails []string, roles []grant) bool {
	if s.seatLimit <= 0 || len(roles) == 0 {
		return false
	}
	wanted := make(map[grant]struct{}, len(roles))
	for _, role := range roles {
		wanted[role] = struct{}{}
	}
	for _, email := range emails {
		if !s.full(s.accountByEmail[fold(email)], wanted) {
			return false
		}
	}
	return true
}

// inviteOne invites one person and says what became of each part. The caller
// holds the lock.
func (s *Sim) inviteOne(r *http.Request, email string, roles []grant, groups []*group) (answer invited, failed bool) {
	a := s.accountByEmail[fold(email)]
	result := inviteResult{Roles: []roleResult{}, Groups: []groupResult{}}
	blocked := ""
	switch {
	case a == nil:
	case a.lifecycle != lifecycleActive:
		blocked = reasonInactive
	case a.synced != "":
		blocked = reasonSynced
	}
	var getRoles []grant
	for _, role := range roles {
		reason := blocked
		if reason == "" && s.full(a, map[grant]struct{}{role: {}}) {
			reason = reasonSeats
		}
		if reason == "" {
			getRoles = append(getRoles, role)
		}
		result.Roles = append(result.Roles, roleResult{role.resource, role.role, resultOf(reason), reasonOf(reason)})
		failed = failed || reason != ""
	}
	var getGroups []*group
	for _, g := range groups {
		reason := blocked
		switch {
		case reason != "":
		case g.external || g.fixed:
			reason = reasonGroup
		case s.full(a, g.grants):
			reason = reasonSeats
		default:
			getGroups = append(getGroups, g)
		}
		result.Groups = append(result.Groups, groupResult{g.id, resultOf(reason), reasonOf(reason)})
		failed = failed || reason != ""
	}
	nothing := len(getRoles)+len(getGroups) == 0
	if blocked == "" && (!nothing || !failed) {
		a = s.admitPerson(r, a, email, getRoles, getGroups)
	}
	answer = invited{Email: email, Results: []inviteResult{result}}
	if a != nil {
		answer.ID = a.id
	}
	return answer, failed || blocked != ""
}

// admitPerson makes or finds the account, puts it in the directory and gives
// it what was granted.
func (s *Sim) admitPerson(r *http.Request, a *account, email string, roles []grant, groups []*group) *account {
	if a == nil {
		name, _, _ := strings.Cut(email, "@")
		a = s.newAccount(email, name)
		fault.Applied(r, "create-account:"+fold(email))
	}
	if a.membership == memberNone {
		s.change(a, func() { a.membership, a.added = memberActive, s.opts.Now() })
		fault.Applied(r, "join-directory:"+a.id)
	}
	for _, role := range roles {
		if _, has := a.grants[role]; !has {
			s.change(a, func() { a.grants[role] = struct{}{} })
			fault.Applied(r, "assign-role:"+a.id+":"+role.resource+":"+role.role)
		}
	}
	for _, g := range groups {
		if _, in := a.groups[g]; !in {
			s.join(a, g)
			fault.Applied(r, "add-member:"+g.id+":"+a.id)
		}
	}
	return a
}

func resultOf(reason string) string {
	if reason == "" {
		return "INVITED"
	}
	return "ERROR"
}

func reasonOf(reason string) *string {
	if reason == "" {
		return nil
	}
	return &reason
}
