package atlassiancloud

import (
	"context"
	"errors"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// invitesInFlight bounds the invitations that are out at once. Beyond this the
// vendor's per-endpoint limit, and not the wait, decides how fast it goes.
const invitesInFlight = 8

// outageInvites is how many invitations in a row may end in an outage before
// the rest of the batch is left alone: one may be a hiccup.
const outageInvites = 3

// CreateAccounts invites people, up to 25 a call, divided so that few calls
// carry most memberships. Somebody who has an account already is given the
// products and groups by the same call and returned with its id.
//
// Whose invitation was refused as part of several is invited in smaller parts,
// until the refusal is one person's own. Whoever has a managed account that is
// deactivated, and is not in the directory, gets it enabled and is invited once
// more.
//
// POST /v2/orgs/{orgId}/users/invite
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-users-invite-post
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	if len(batch) == 0 {
		return nil
	}
	rules, err := t.products.rules(ctx)
	if err != nil {
		return err
	}
	var invitable []directory.NewAccount
	for _, wanted := range batch {
		if wanted.Email == "" {
			done(directory.AccountCreated{Ref: wanted.Ref, Err: &directory.RefusedError{
				Call: inviteCall, Code: "no-email", Detail: "nobody can be invited without an e-mail address",
			}})
			continue
		}
		invitable = append(invitable, wanted)
	}

	refused := make(map[int64]error)
	err = t.inviteAll(ctx, invitable, rules, func(outcome directory.AccountCreated) {
		if inactive(outcome.Err) {
			refused[outcome.Ref] = outcome.Err
			return
		}
		done(outcome)
	})
	if len(refused) == 0 {
		return err
	}
	var again []directory.NewAccount
	if err == nil {
		var blocked []directory.NewAccount
		for _, wanted := range invitable {
			if refused[wanted.Ref] != nil {
				blocked = append(blocked, wanted)
			}
		}
		again, err = t.reactivate(ctx, blocked, refused)
	}
	for _, wanted := range again {
		delete(refused, wanted.Ref)
	}
	for ref, why := range refused {
		done(directory.AccountCreated{Ref: ref, Err: why})
	}
	if len(again) == 0 || err != nil {
		return err
	}
	return t.inviteAll(ctx, again, rules, done)
}

// inviteAll invites people side by side and hands on the outcome of each.
func (t *Target) inviteAll(ctx context.Context, people []directory.NewAccount, rules []permissionRule, done func(directory.AccountCreated)) error {
	invitations := partition(personsOf(people))
	run := &inviteRun{target: t, rules: rules, outcomes: make(chan directory.AccountCreated)}
	queue := make(chan invitation)
	var workers sync.WaitGroup
	for range min(invitesInFlight, len(invitations)) {
		workers.Go(func() {
			for one := range queue {
				run.invite(ctx, one)
			}
		})
	}
	go func() {
		for _, one := range invitations {
			queue <- one
		}
		close(queue)
		workers.Wait()
		close(run.outcomes)
	}()
	// Outcomes are handed on by this goroutine alone, so that calls of done
	// never overlap.
	for outcome := range run.outcomes {
		done(outcome)
	}
	return run.stop
}

// inviteRun is the state of one CreateAccounts.
type inviteRun struct {
	target   *Target
	rules    []permissionRule
	outcomes chan directory.AccountCreated

	mu sync.Mutex
	// stop is why nothing more is sent; nil while all is well.
	stop error
	// outages counts invitations in a row that ended in an outage.
	outages int
	// full is set once one person alone, with no group, found no free seat.
	full bool
}

func (r *inviteRun) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stop != nil
}

func (r *inviteRun) halt(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		r.stop = err
	}
}

// outage notes how an invitation ended and stops the run when it is the last
// of several in a row.
func (r *inviteRun) outage(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.outages = 0
		return
	}
	if r.outages++; r.outages >= outageInvites && r.stop == nil {
		r.stop = err
	}
}

func (r *inviteRun) isFull() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full
}

func (r *inviteRun) markFull() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full = true
}

// passed asks the gate about each person of an invitation and returns those
// who may be invited now. Whoever is left out has that for an outcome; when the
// gate stops the batch, nobody is left. A person whom two elements ask for is
// asked about once.
func (r *inviteRun) passed(ctx context.Context, people []*person) []*person {
	kept := make([]*person, 0, len(people))
	for _, p := range people {
		err := directory.Pass(ctx, p.refs[0])
		var out *directory.LeftOutError
		switch {
		case err == nil:
			kept = append(kept, p)
		case errors.As(err, &out):
			r.report(p, directory.AccountCreated{Err: err})
		default:
			r.halt(err)
			return nil
		}
	}
	return kept
}

// report hands on the outcome of one person, to each element that asked.
func (r *inviteRun) report(p *person, outcome directory.AccountCreated) {
	for _, ref := range p.refs {
		outcome.Ref = ref
		r.outcomes <- outcome
	}
}

func (r *inviteRun) reportAll(people []*person, err error) {
	for _, p := range people {
		r.report(p, directory.AccountCreated{Err: err})
	}
}

// stops says whether an error is about the target and not about who was in the
// call, and was certainly answered before anything was done: those people
// were not attempted.
func stops(err error) bool {
	var (
		rate        *directory.RateLimitError
		auth        *directory.AuthError
		unavailable *directory.UnavailableError
	)
	switch {
	case errors.As(err, &rate), errors.As(err, &auth):
		return true
	case errors.As(err, &unavailable):
		return !unavailable.Ambiguous
	}
	return false
}
