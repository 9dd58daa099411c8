package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Held is a held plan as the administrator decides about it.
type Held struct {
	HeldPlan
	Connection string `db:"connection" json:"connection"`
	// Counts are the changes of the plan, those decided too, by kind, state and class.
	Counts []Count `db:"-" json:"counts"`
	// Decided is when the plan came to its end; zero while it is held.
	Created time.Time `db:"-" json:"created"`
	Decided time.Time `db:"-" json:"decided,omitzero"`
	// Approvals are the answers so far, the oldest first.
	Approvals []Approval `db:"-" json:"approvals,omitempty"`

	TargetID  int64 `db:"target_id" json:"-"`
	CreatedAt int64 `db:"created_at" json:"-"`
	DecidedAt int64 `db:"decided_at" json:"-"`
}

// Approval is one person's answer to a held plan.
type Approval struct {
	ID     int64 `db:"id" json:"id"`
	HeldID int64 `db:"held_id" json:"plan"`
	// Decision is "approve" or "reject".
	Decision string `db:"decision" json:"decision"`
	// Digest is of the plan as the person saw it.
	Digest string `db:"digest" json:"digest"`
	// Kinds and Users are the part that it was about; none is the whole.
	Kinds    []directory.Kind `db:"-" json:"kinds,omitempty"`
	Users    []int64          `db:"-" json:"users,omitempty"`
	Who      string           `db:"who" json:"who"`
	Verified bool             `db:"verified" json:"verified"`
	// Changes is how many it is about.
	Changes int64 `db:"changes" json:"changes"`
	// Effective is false for a yes that waits for a second person's.
	Effective bool `db:"effective" json:"effective"`
	// RequestID is the request whose run carries it out.
	RequestID int64     `db:"request_id" json:"request,omitempty"`
	At        time.Time `db:"-" json:"at"`

	KindList  string `db:"kinds" json:"-"`
	UserList  string `db:"users" json:"-"`
	DecidedAt int64  `db:"decided_at" json:"-"`
}

func (a *Approval) read() (err error) {
	a.Kinds, a.At = kindsOf(a.KindList), fromMicros(a.DecidedAt)
	a.Users, err = idsOf(a.UserList)
	return err
}

const heldColumns = `SELECT h.id, h.run_id, t.name AS target, h.digest, h.reason, h.changes, h.state, h.expires_at, h.created_at, h.decided_at, h.target_id, c.name AS connection
	FROM held_plans h JOIN targets t ON t.id = h.target_id JOIN connections c ON c.id = t.connection_id `

const approvalColumns = `SELECT id, held_id, decision, digest, kinds, users, who, verified, changes, effective, request_id, decided_at FROM approvals `

// Held returns a held plan, or ErrNotFound.
func (s *Store) Held(ctx context.Context, planID int64) (Held, error) {
	var h Held
	if err := s.get(ctx, &h, heldColumns+`WHERE h.id = ?`, planID); err != nil {
		return Held{}, fmt.Errorf("read held plan %d: %w", planID, notFound(err))
	}
	return h, s.completeHeld(ctx, &h)
}

// OpenHeld returns the plans that wait for a decision, the oldest first: of one
// connection or, with an empty name, of all.
func (s *Store) OpenHeld(ctx context.Context, connection string) ([]Held, error) {
	var open []Held
	if err := s.selectAll(ctx, &open, heldColumns+`WHERE h.state = 'held' AND (? = '' OR c.name = ?) ORDER BY h.id`, connection, connection); err != nil {
		return nil, fmt.Errorf("read held plans: %w", err)
	}
	for i := range open {
		if err := s.completeHeld(ctx, &open[i]); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (s *Store) completeHeld(ctx context.Context, h *Held) error {
	h.Expires, h.Created, h.Decided = fromMicros(h.ExpiresAt), fromMicros(h.CreatedAt), fromMicros(h.DecidedAt)
	if err := s.selectAll(ctx, &h.Counts, `SELECT CAST(? AS TEXT) AS target, kind, state, class, COUNT(*) AS count FROM changes
		WHERE run_id = ? AND target_id = ? AND class <> 'unconfirmed' AND (state IN ('held', 'expired') OR approval_id <> 0) GROUP BY stage, kind, state, class ORDER BY stage, kind, state, class`,
		h.Target, h.RunID, h.TargetID); err != nil {
		return fmt.Errorf("count the changes of held plan %d: %w", h.ID, err)
	}
	if err := s.selectAll(ctx, &h.Approvals, approvalColumns+`WHERE held_id = ? ORDER BY id`, h.ID); err != nil {
		return fmt.Errorf("read the approvals of held plan %d: %w", h.ID, err)
	}
	for i := range h.Approvals {
		if err := h.Approvals[i].read(); err != nil {
			return err
		}
	}
	return nil
}

// HeldRef names a held plan.
type HeldRef struct {
	Connection string `db:"connection"`
	PlanID     int64  `db:"id"`
	RunID      int64  `db:"run_id"`
	TargetID   int64  `db:"target_id"`
}

// ExpireHeld ends the plans whose time has passed, with their changes, and
// returns them.
func (s *Store) ExpireHeld(ctx context.Context, now time.Time) ([]HeldRef, error) {
	var due []HeldRef
	if err := s.selectAll(ctx, &due, `SELECT h.id, h.run_id, h.target_id, c.name AS connection FROM held_plans h JOIN targets t ON t.id = h.target_id JOIN connections c ON c.id = t.connection_id
		WHERE h.state = 'held' AND h.expires_at <= ? ORDER BY h.id`, micros(now)); err != nil {
		return nil, fmt.Errorf("look for held plans that have expired: %w", err)
	}
	var expired []HeldRef
	for _, ref := range due {
		var ended bool
		err := s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
			ended, err = expireHeld(ctx, tx, ref, now)
			return err
		})
		if err != nil {
			return expired, err
		}
		if ended {
			expired = append(expired, ref)
		}
	}
	return expired, nil
}

// expireHeld ends one plan, unless somebody has decided about it meanwhile.
func expireHeld(ctx context.Context, tx *Tx, ref HeldRef, now time.Time) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE held_plans SET state = 'expired', decided_at = ? WHERE id = ? AND state = 'held' AND expires_at <= ?`, micros(now), ref.PlanID, micros(now))
	if err != nil {
		return false, fmt.Errorf("expire held plan %d: %w", ref.PlanID, err)
	}
	if n == 0 {
		return false, nil
	}
	if _, err := tx.exec(ctx, `UPDATE changes SET state = 'expired' WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed'`, ref.RunID, ref.TargetID); err != nil {
		return false, fmt.Errorf("expire the changes of held plan %d: %w", ref.PlanID, err)
	}
	return true, nil
}

// ApprovedSubjects returns up to limit of the people and groups that an
// approval is about, after a place. next is where to go on, 0 when there is no more.
func (s *Store) ApprovedSubjects(ctx context.Context, approval, after int64, limit int) (users, groups []int64, next int64, err error) {
	// A place is twice the id, and one more for a group: people and groups in one order.
	var places []int64
	if err := s.selectAll(ctx, &places, `SELECT DISTINCT place FROM (
			SELECT CASE WHEN user_id <> 0 THEN 2 * user_id ELSE 2 * group_id + 1 END AS place FROM changes WHERE approval_id = ? AND approval_id <> 0 AND state = 'approved'
		) AS about WHERE place > ? ORDER BY place LIMIT CAST(? AS BIGINT)`, approval, after, limit); err != nil {
		return nil, nil, 0, fmt.Errorf("read what approval %d is about: %w", approval, err)
	}
	for _, place := range places {
		if place%2 == 0 {
			users = append(users, place/2)
		} else {
			groups = append(groups, place/2)
		}
	}
	if len(places) == limit {
		next = places[len(places)-1]
	}
	return users, groups, next, nil
}
