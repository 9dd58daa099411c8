package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// intentRuns is how many of a connection's latest runs are looked at for what
// they were about to do: more than a day of one every quarter of an hour.
const intentRuns = 100

// LeftIntent reports whether an earlier run of the last day was about to make a
// group under a name that nothing had, and ended without knowing what became of
// it: by an outage that outlasted it, a credential that was refused, or an end of
// its own. It does not count a run to which the target said what it was. kind is
// that of the change, which creates or replaces.
func (s *Store) LeftIntent(ctx context.Context, targetID, groupID int64, kind directory.Kind, name string, now time.Time) (bool, error) {
	var left int64
	err := s.get(ctx, &left, `SELECT COUNT(*) FROM (SELECT r.id FROM targets t JOIN runs r ON r.connection_id = t.connection_id WHERE t.id = ? ORDER BY r.id DESC LIMIT CAST(? AS BIGINT)) latest
		JOIN changes ch ON ch.run_id = latest.id AND ch.target_id = ? AND ch.stage = ?
		WHERE ch.group_id = ? AND ch.kind = ? AND ch.after = ? AND ch.intent_at > ?
			AND (ch.state IN ('planned', 'retry') OR ch.state = 'failed' AND ch.class NOT IN ('not-found', 'no-seat'))`,
		targetID, intentRuns, targetID, directory.StageGroups, groupID, kind, name, micros(now.Add(-intentKept)))
	if err != nil {
		return false, fmt.Errorf("look for what earlier runs were about to make of group %d: %w", groupID, err)
	}
	return left > 0, nil
}

// IntendMembers records, before memberships are sent, that they are ours should
// they come about, and returns those of which that was not known yet. It stays so,
// however the attempt ends, until one of them is known to be there or is called off.
func (s *Store) IntendMembers(ctx context.Context, c Claim, targetID int64, members []Wanted) ([]Wanted, error) {
	if len(members) == 0 {
		return nil, nil
	}
	var noted []Wanted
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		noted = nil
		for chunk := range chunks(members, rowsAtOnce) {
			args := make([]any, 0, 3*len(chunk))
			for _, m := range chunk {
				args = append(args, targetID, m.GroupID, m.UserID)
			}
			var inserted []Wanted
			if err := tx.selectAll(ctx, &inserted, `INSERT INTO target_memberships (target_id, group_id, user_id, origin, missing) VALUES `+rows("(?, ?, ?, 'created', TRUE)", len(chunk))+` ON CONFLICT DO NOTHING RETURNING user_id, group_id`, args...); err != nil {
				return fmt.Errorf("note memberships that are about to be sent: %w", err)
			}
			noted = append(noted, inserted...)
		}
		return nil
	})
	return noted, err
}

// CallOff takes back that creates and memberships were about to be sent: they were
// not, or were refused for certain.
func (s *Store) CallOff(ctx context.Context, c Claim, targetID int64, creates []int64, members []Wanted) error {
	if len(creates)+len(members) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := eachChunk(ctx, tx, creates, `UPDATE changes SET intent_at = 0 WHERE id IN (?)`); err != nil {
			return fmt.Errorf("take back that creates were about to be sent: %w", err)
		}
		for _, m := range members {
			if _, err := tx.exec(ctx, `DELETE FROM target_memberships WHERE target_id = ? AND user_id = ? AND group_id = ? AND missing`, targetID, m.UserID, m.GroupID); err != nil {
				return fmt.Errorf("take back that a membership was about to be sent: %w", err)
			}
		}
		return nil
	})
}

// intentKept is how long an intent that nobody knows the end of is trusted: as
// long as a run goes on trying (workflows.patience), within which its own intent
// is trusted as well.
const intentKept = 24 * time.Hour
