package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// heldChange is a change that a decision may be about.
type heldChange struct {
	ID     int64  `db:"id"`
	Kind   string `db:"kind"`
	UserID int64  `db:"user_id"`
}

// chosen reports whether a change is in the part that was chosen.
func chosen(c heldChange, kinds []directory.Kind, users map[int64]bool) bool {
	return (len(kinds) == 0 || slices.Contains(kinds, directory.Kind(c.Kind))) && (len(users) == 0 || users[c.UserID])
}

// setOf returns the ids as a set; nil for none, which chooses everybody.
func setOf(ids []int64) map[int64]bool {
	set := make(map[int64]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func (g *answering) matching(ctx context.Context) ([]heldChange, error) {
	var held []heldChange
	if err := g.tx.selectAll(ctx, &held, `SELECT id, kind, user_id FROM changes WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed' ORDER BY id`,
		g.plan.RunID, g.plan.TargetID); err != nil {
		return nil, fmt.Errorf("read what is held: %w", err)
	}
	users := setOf(g.d.Users)
	return slices.DeleteFunc(held, func(c heldChange) bool { return !chosen(c, g.d.Kinds, users) }), nil
}

// agreed returns those of changes that another person has said yes to as well,
// of the plan as it is now, and who that is. It refuses a second yes of one person.
func (g *answering) agreed(ctx context.Context, changes []heldChange) ([]heldChange, Who, error) {
	var earlier []Approval
	if err := g.tx.selectAll(ctx, &earlier, approvalColumns+`WHERE held_id = ? AND decision = 'approve' AND digest = ? AND NOT effective ORDER BY id`, g.plan.ID, g.plan.Digest); err != nil {
		return nil, Who{}, fmt.Errorf("read earlier approvals: %w", err)
	}
	var others []Approval
	same := false
	for _, a := range earlier {
		if err := a.read(); err != nil {
			return nil, Who{}, err
		}
		switch {
		case strings.EqualFold(strings.TrimSpace(a.Who), strings.TrimSpace(g.d.Who.Name)):
			same = true
		case g.policy.Verified && !a.Verified: // it was given when names were not asked for
		default:
			others = append(others, a)
		}
	}
	if len(others) == 0 {
		if same {
			return nil, Who{}, g.refuse(RefusedSamePerson)
		}
		return nil, Who{}, nil
	}
	for _, other := range others {
		users := setOf(other.Users)
		both := slices.DeleteFunc(slices.Clone(changes), func(c heldChange) bool { return !chosen(c, other.Kinds, users) })
		if len(both) > 0 {
			return both, Who{other.Who, other.Verified}, nil
		}
	}
	return nil, Who{}, nil
}
