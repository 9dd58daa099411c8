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

// intentKept is how long an intent that nobody knows the end of is trusted: as
// long as a run goes on trying (workflows.patience), within which its own intent
// is trusted as well.
const intentKept = 24 * time.Hour
