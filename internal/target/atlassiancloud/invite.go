package atlassiancloud

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const inviteTemplate = "/admin/v2/orgs/{orgId}/users/invite"

const inviteCall = "POST " + inviteTemplate

// inviteCodesOfAll are refusals of what every person of the invitation asks
// for, so that asking for fewer people would change nothing: an invalid role
// for a product, a product without a licence.
func inviteCodesOfAll() []string { return []string{"ADMIN-UAM-400-3", "ADMIN-UAM-400-4"} }

// forbiddenStreak is how many times in a row parts of one invitation may be
// forbidden before it counts as the key that is forbidden to invite. Halving
// 25 people reaches one of them in five steps, so that this leaves room for
// several people who are each forbidden.
const forbiddenStreak = 12

// splitting is one invitation on its way to an outcome for each of its people.
type splitting struct {
	run *inviteRun
	// accepted is set once any part of the invitation was.
	accepted bool
	// streak counts refusals with 403 in a row.
	streak int
	// forbidden are people refused with 403 one by one, held back until it is
	// known whether it is they or the key.
	forbidden []*person
	reason    *directory.RefusedError
}

// invite sends an invitation and reports the outcome of everybody it came to.
func (r *inviteRun) invite(ctx context.Context, whole invitation) {
	s := &splitting{run: r}
	s.send(ctx, whole.people, whole.groups, true)
	if s.keyForbidden(len(whole.people)) {
		r.halt(&directory.AuthError{Call: inviteCall, Status: s.reason.Status, Code: s.reason.Code, Detail: s.reason.Detail})
		return
	}
	for _, p := range s.forbidden {
		r.report(p, directory.AccountCreated{Err: s.reason})
	}
}

// keyForbidden says whether nobody of several may be invited, which is then
// about the key.
func (s *splitting) keyForbidden(people int) bool {
	return !s.accepted && (s.streak >= forbiddenStreak || len(s.forbidden) > 1 && len(s.forbidden) == people)
}

// send invites people with groups, and in parts or without the groups if that
// is refused as a whole.
func (s *splitting) send(ctx context.Context, people []*person, groups []string, whole bool) {
	r := s.run
	switch {
	case r.stopped(), s.keyForbidden(len(people)):
		return
	case !whole && r.isFull():
		r.reportAll(people, &directory.SeatError{Call: inviteCall, Detail: "nobody else can be invited either"})
		return
	}
	if people = r.passed(ctx, people); len(people) == 0 {
		return
	}
	results, status, err := r.target.sendInvitation(ctx, people, groups, r.rules)
	var (
		unavailable *directory.UnavailableError
		missing     *directory.NotFoundError
		conflict    *directory.ConflictError
		seat        *directory.SeatError
		refused     *directory.RefusedError
	)
	switch {
	case err == nil:
		s.accepted, s.streak = true, 0
		r.outage(nil)
		for _, p := range people {
			r.report(p, outcomeOf(p, results, status, groups, r.rules))
		}
		return
	case ctx.Err() != nil:
		r.halt(err)
		r.reportAll(people, &directory.UnavailableError{
			Call: inviteCall, Ambiguous: true, Detail: "cancelled while the invitation was on its way",
		})
		return
	case stops(err):
		r.halt(err)
		return
	case errors.As(err, &unavailable):
		r.outage(err)
		r.reportAll(people, err)
		return
	}
	r.outage(nil)
	switch {
	case errors.As(err, &conflict):
		// Two writes met; it is not said which of them was done.
		r.reportAll(people, &directory.UnavailableError{
			Call: inviteCall, Status: http.StatusConflict, Ambiguous: true, Detail: conflict.Detail,
		})
	case errors.As(err, &refused) && refused.Status == http.StatusPaymentRequired:
		r.reportAll(people, &directory.RefusedError{
			Call: inviteCall, Status: refused.Status, Code: "no-paid-subscription",
			Detail: "inviting needs a paid subscription: " + refused.Detail,
		})
	case errors.As(err, &refused) && slices.Contains(inviteCodesOfAll(), refused.Code):
		r.reportAll(people, err)
	case len(groups) > 0 && (errors.As(err, &missing) || errors.As(err, &seat) ||
		errors.As(err, &refused) && refused.Status == http.StatusForbidden):
		// A group may be what is gone, full or not ours to write. Adding
		// members will say which.
		s.send(ctx, people, nil, whole)
	case errors.As(err, &missing):
		r.target.products.forget()
		r.reportAll(people, &directory.RefusedError{
			Call: inviteCall, Status: http.StatusNotFound, Code: "unknown-resource", Detail: missing.Detail,
		})
	case errors.As(err, &seat) && (len(people) == 1 || r.isFull()):
		r.markFull()
		r.reportAll(people, err)
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden && len(people) == 1:
		s.streak++
		s.forbidden, s.reason = append(s.forbidden, people...), refused
	case len(people) == 1:
		r.reportAll(people, err)
	default:
		if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
			s.streak++
			s.reason = refused
		}
		half := len(people) / 2
		s.send(ctx, people[:half], groups, false)
		s.send(ctx, people[half:], groups, false)
	}
}

// inviteResult is the vendor's result for one person.
type inviteResult struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Results []struct {
		Groups []struct {
			Group  string `json:"group"`
			Status string `json:"status"`
		} `json:"groupAssignmentResult"`
		Roles []struct {
			Resource string `json:"resource"`
			Role     string `json:"role"`
			Status   string `json:"status"`
			Reason   string `json:"statusReason"`
		} `json:"roleAssignmentResult"`
	} `json:"results"`
}

// sendInvitation makes the call and returns the results by e-mail address.
//
// POST /v2/orgs/{orgId}/users/invite
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-users-invite-post
func (t *Target) sendInvitation(ctx context.Context, people []*person, groups []string, rules []permissionRule) (map[string]inviteResult, int, error) {
	body := struct {
		Emails           []string         `json:"emails"`
		PermissionRules  []permissionRule `json:"permissionRules,omitempty"`
		AdditionalGroups []string         `json:"additionalGroups,omitempty"`
		SendNotification bool             `json:"sendNotification"`
	}{PermissionRules: rules, AdditionalGroups: groups, SendNotification: t.sendInvitations}
	for _, p := range people {
		body.Emails = append(body.Emails, p.email)
	}
	call := rest.Call{Method: "POST", Template: inviteTemplate, Args: []string{t.organization}, Body: body, Object: "group"}
	answer, err := t.client.Do(ctx, call)
	if err != nil {
		return nil, 0, err
	}
	var got page[inviteResult]
	if err := t.client.Decode(call, answer, &got); err != nil {
		return nil, 0, err
	}
	if got.Data == nil {
		return nil, 0, &directory.UnavailableError{
			Call: call.Name(), Status: answer.Status, Ambiguous: true, Detail: "the answer holds no results",
		}
	}
	byEmail := make(map[string]inviteResult, len(*got.Data))
	for _, result := range *got.Data {
		byEmail[foldKey(result.Email)] = result
	}
	return byEmail, answer.Status, nil
}

// outcomeOf reads one person's result. Whom the answer passes over, or gives
// no id, may have been invited. A group counts as joined only if the answer
// says so.
func outcomeOf(p *person, results map[string]inviteResult, status int, groups []string, rules []permissionRule) directory.AccountCreated {
	unsure := func(why string) directory.AccountCreated {
		return directory.AccountCreated{Err: &directory.UnavailableError{
			Call: inviteCall, Status: status, Ambiguous: true, Detail: why,
		}}
	}
	result, there := results[foldKey(p.email)]
	if !there {
		return unsure("the answer has no result for this person")
	}
	granted := make(map[permissionRule]bool)
	outcome := directory.AccountCreated{AccountID: result.ID}
	for _, part := range result.Results {
		for _, role := range part.Roles {
			if role.Status != "INVITED" {
				return directory.AccountCreated{Err: roleError(status, role.Resource, role.Reason)}
			}
			granted[permissionRule{role.Resource, role.Role}] = true
		}
		for _, group := range part.Groups {
			if group.Status == "INVITED" && slices.Contains(groups, group.Group) && !slices.Contains(outcome.Joined, group.Group) {
				outcome.Joined = append(outcome.Joined, group.Group)
			}
		}
	}
	if result.ID == "" {
		return unsure("the answer gives this person no id")
	}
	// 206 means that something failed, so that silence about a role is no
	// success.
	if status == http.StatusPartialContent {
		for _, rule := range rules {
			if !granted[rule] {
				return unsure("the answer does not say whether " + rule.Role + " was granted")
			}
		}
	}
	return outcome
}

// roleError says why a product was not granted. The vendor gives a reason
// without a code; the one that matters is the documented title of the licence
// codes, "Product License Limit Exceeded", in whatever spelling.
func roleError(status int, resource, reason string) error {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(reason))
	licence := strings.Contains(letters, "licenselimit")
	for _, code := range licenceCodes() {
		licence = licence || strings.Contains(reason, code)
	}
	detail := resource + ": " + reason
	if licence {
		return &directory.SeatError{Call: inviteCall, Detail: detail}
	}
	return &directory.RefusedError{Call: inviteCall, Status: status, Code: codeRoleNotGranted, Detail: detail}
}
