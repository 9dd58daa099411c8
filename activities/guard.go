package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// lookUpsAtOnce is how many direct look-ups run side by side.
const lookUpsAtOnce = 8

// Guard asks the target what must never be touched, and decides about the
// removals of a plan.
func (a *Activities) Guard(ctx context.Context, in workflows.TargetInput) (workflows.GuardResult, error) {
	result, err := a.guard(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) guard(ctx context.Context, in workflows.TargetInput) (workflows.GuardResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.GuardResult{}, err
	}
	t, err := a.targetOf(ctx, in.Connection, in.Target)
	if err != nil {
		return workflows.GuardResult{}, err
	}
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.GuardResult{}, err
	}
	defer stop()
	limits := limitsFor(c, t)
	limits.Override, limits.Preview, limits.Confirm = in.AllowRemovals, in.DryRun, !c.pushedOnly()
	verdict, err := a.guardTarget(ctx, c, claim, in.Target.ID, t, limits)
	return workflows.GuardResult{Admitted: verdict.Admitted, Held: verdict.Held, Protected: verdict.Protected, Doubted: verdict.Doubted}, err
}

// limitsFor returns the guard's limits in a target: its own, or the
// connection's where it has none.
func limitsFor(c *Connection, t *Target) store.Limits {
	if t.Guard.Window == 0 {
		return c.Guard
	}
	return t.Guard
}

// guardTarget asks the target what must never be touched, and decides about
// the removals of a run's plan. What is held is said in a note.
func (a *Activities) guardTarget(ctx context.Context, c *Connection, claim store.Claim, targetID int64, t *Target, limits store.Limits) (store.Verdict, error) {
	if err := a.refreshProtected(ctx, claim, targetID, t); err != nil {
		return store.Verdict{}, err
	}
	since, _, err := a.Store.Quarantined(ctx, claim.ConnectionID)
	if err != nil {
		return store.Verdict{}, err
	}
	limits.Quarantine = !since.IsZero()
	verdict, err := a.Store.Guard(ctx, claim, targetID, limits, a.Now())
	if err != nil || verdict.Held == 0 {
		return verdict, err
	}
	return verdict, a.Store.Note(ctx, claim, store.Note{TargetID: targetID, Code: "held", Text: heldText(c.Name, claim.RunID, limits, verdict)})
}

// refreshProtected stores who and what administers the target, with what the
// configuration protects.
func (a *Activities) refreshProtected(ctx context.Context, claim store.Claim, targetID int64, t *Target) error {
	var protected directory.Protected
	if guarded, ok := t.Target.(directory.Guarded); ok {
		var err error
		if protected, err = steady(ctx, func() (directory.Protected, error) { return guarded.Protected(ctx) }); err != nil {
			return err
		}
	}
	accounts := withConfigured(protected.AccountIDs, t.ProtectedAccounts)
	groups := withConfigured(protected.GroupIDs, t.ProtectedGroups)
	return a.Store.SetProtected(ctx, claim, targetID, accounts, groups)
}

// protectedSince is refreshProtected unless the target was asked within a
// time; those who ask at once share an answer.
func (a *Activities) protectedSince(ctx context.Context, claim store.Claim, targetID int64, t *Target, within time.Duration) error {
	p := a.protection(targetID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.Now().Sub(p.at) <= within {
		return nil
	}
	at := a.Now()
	if err := a.refreshProtected(ctx, claim, targetID, t); err != nil {
		return err
	}
	p.at = at
	return nil
}

// withConfigured adds what the configuration names, as it stands and in lower
// case, in which addresses and names are compared.
func withConfigured(ids, configured []string) []string {
	all := slices.Clone(ids)
	for _, name := range configured {
		all = append(all, name, strings.ToLower(name))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// LookUp asks the source directly about every doubted removal of a plan.
func (a *Activities) LookUp(ctx context.Context, in workflows.TargetInput) (workflows.LookUpResult, error) {
	result, err := a.lookUp(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) lookUp(ctx context.Context, in workflows.TargetInput) (workflows.LookUpResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.LookUpResult{}, err
	}
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.LookUpResult{}, err
	}
	defer stop()
	return a.lookUpDoubts(ctx, c, claim, in.Target.ID)
}

// lookUpDoubts asks the source directly about every doubted removal of a run
// in a target.
func (a *Activities) lookUpDoubts(ctx context.Context, c *Connection, claim store.Claim, targetID int64) (workflows.LookUpResult, error) {
	var result workflows.LookUpResult
	for {
		const atOnce = 200
		doubts, err := a.Store.Doubts(ctx, claim.RunID, targetID, atOnce)
		if err != nil {
			return result, err
		}
		if len(doubts) == 0 {
			break
		}
		if !c.pushedOnly() {
			// Another organisation knows nobody, and would confirm everything.
			if err := a.sameSource(ctx, c, claim); err != nil {
				return result, err
			}
		}
		settled := make([]store.Settled, len(doubts))
		groups := newGroupLookUps(c.Source)
		err = eachAtOnce(ctx, lookUpsAtOnce, len(doubts), func(ctx context.Context, i int) error {
			var err error
			settled[i], err = a.settle(ctx, c, groups, claim.ConnectionID, doubts[i])
			return err
		})
		if err != nil {
			return result, err
		}
		if err := a.Store.Settle(ctx, claim, settled, a.Now()); err != nil {
			return result, err
		}
		for _, s := range settled {
			if s.Confirmed {
				result.Confirmed++
			} else {
				result.Contradicted++
			}
		}
	}
	if result.Contradicted == 0 {
		return result, nil
	}
	return result, a.Store.Note(ctx, claim, store.Note{TargetID: targetID, Code: "contradicted", Text: fmt.Sprintf(
		"%d removals were not made: what was read of the source spoke for them, and the source spoke against them when it was asked directly. "+
			"Its lists were wrong, or it changed meanwhile; the next run reads everything.", result.Contradicted)})
}

// HoldDoubts holds what could not be looked up, and says so.
func (a *Activities) HoldDoubts(ctx context.Context, in workflows.TargetInput) error {
	defer a.beat(ctx)()
	return a.classify(ctx, a.holdDoubts(ctx, claimOf(in.RunRef), in.Target.ID))
}

func (a *Activities) holdDoubts(ctx context.Context, claim store.Claim, targetID int64) error {
	const atOnce = 500
	held := 0
	for {
		doubts, err := a.Store.Doubts(ctx, claim.RunID, targetID, atOnce)
		if err != nil {
			return err
		}
		if len(doubts) == 0 {
			break
		}
		settled := make([]store.Settled, len(doubts))
		for i, d := range doubts {
			settled[i] = store.Settled{Doubt: d, Class: directory.ClassUnconfirmed}
		}
		if err := a.Store.Settle(ctx, claim, settled, a.Now()); err != nil {
			return err
		}
		held += len(doubts)
	}
	if held == 0 {
		return nil
	}
	return a.Store.Note(ctx, claim, store.Note{TargetID: targetID, Code: "unconfirmed", Text: fmt.Sprintf(
		"%d removals were put off: the source could not be asked directly whether they are right, and nothing is taken away without that. The next run asks again. "+
			"If it stays so, look whether the credential may look up single users and their groups (\"rollcall check\").", held)})
}
