package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// leaseFor is how long a lease lasts without being renewed: as long as a claim.
const leaseFor = claimFor

// Leased are the subjects that a run may change in a target just now.
type Leased struct{ Users, Groups map[int64]bool }

// Lease takes the leases of users and groups in a target for a run and returns
// those that it got: the others are being changed by another run. A run may
// take a lease several times; it ends with as many calls of Release, with the
// run, or two minutes after it was last renewed.
func (s *Store) Lease(ctx context.Context, c Claim, targetID int64, users, groups []int64, now time.Time) (Leased, error) {
	got := Leased{}
	if len(users)+len(groups) == 0 {
		return Leased{Users: map[int64]bool{}, Groups: map[int64]bool{}}, nil
	}
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		got = Leased{Users: map[int64]bool{}, Groups: map[int64]bool{}}
		if err := lease(ctx, tx, c, targetID, "user", users, now, got.Users); err != nil {
			return err
		}
		return lease(ctx, tx, c, targetID, "group", groups, now, got.Groups)
	})
	return got, err
}

func lease(ctx context.Context, tx *Tx, c Claim, targetID int64, kind string, subjects []int64, now time.Time, into map[int64]bool) error {
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects))) // in one order, or two runs would wait for each other
	for chunk := range chunks(subjects, rowsAtOnce) {
		args := make([]any, 0, 5*len(chunk)+1)
		for _, id := range chunk {
			args = append(args, targetID, kind, id, c.RunID, micros(now.Add(leaseFor)))
		}
		var got []int64
		if err := tx.selectAll(ctx, &got, `INSERT INTO leases (target_id, kind, subject_id, run_id, leased_until) VALUES `+rows("(?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, kind, subject_id) DO UPDATE SET run_id = excluded.run_id, leased_until = excluded.leased_until,
				holders = CASE WHEN leases.run_id = excluded.run_id THEN leases.holders + 1 ELSE 1 END
			WHERE leases.run_id = excluded.run_id OR leases.leased_until < CAST(? AS BIGINT)
			RETURNING subject_id`, append(args, micros(now))...); err != nil {
			return fmt.Errorf("lease %d subjects: %w", len(chunk), err)
		}
		for _, id := range got {
			into[id] = true
		}
	}
	return nil
}

// Release gives leases back that Lease returned.
func (s *Store) Release(ctx context.Context, c Claim, targetID int64, leased Leased) error {
	if len(leased.Users)+len(leased.Groups) == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error { return release(ctx, tx, c, targetID, leased) })
}

// ReleaseAll gives back all leases of a run.
func (s *Store) ReleaseAll(ctx context.Context, c Claim) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error { return dropLeases(ctx, tx, c.RunID) })
}

func release(ctx context.Context, tx *Tx, c Claim, targetID int64, leased Leased) error {
	for _, of := range []struct {
		kind     string
		subjects map[int64]bool
	}{{"user", leased.Users}, {"group", leased.Groups}} {
		for chunk := range chunks(sortedKeys(of.subjects), 1000) {
			if err := releaseChunk(ctx, tx, c, targetID, of.kind, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// releaseChunk deletes the leases with one holder before it counts down the others.
func releaseChunk(ctx context.Context, tx *Tx, c Claim, targetID int64, kind string, subjects []int64) error {
	for _, statement := range []string{
		`DELETE FROM leases WHERE target_id = ? AND kind = ? AND run_id = ? AND holders <= 1 AND subject_id IN (?)`,
		`UPDATE leases SET holders = holders - 1 WHERE target_id = ? AND kind = ? AND run_id = ? AND holders > 1 AND subject_id IN (?)`,
	} {
		query, args, err := in(statement, targetID, kind, c.RunID, padded(subjects))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("release leases: %w", err)
		}
	}
	return nil
}

// renewLeases keeps a run's leases alive, and writes only when half of their
// time has passed.
func (s *Store) renewLeases(ctx context.Context, c Claim, now time.Time) error {
	var due int
	if err := s.get(ctx, &due, `SELECT COUNT(*) FROM (SELECT 1 FROM leases WHERE run_id = ? AND leased_until < ? LIMIT 1) AS one`,
		c.RunID, micros(now.Add(leaseFor/2))); err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	if due == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE leases SET leased_until = ? WHERE run_id = ?`, micros(now.Add(leaseFor)), c.RunID); err != nil {
			return fmt.Errorf("renew leases: %w", err)
		}
		return nil
	})
}

func dropLeases(ctx context.Context, tx *Tx, runID int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM leases WHERE run_id = ?`, runID); err != nil {
		return fmt.Errorf("let go of leases: %w", err)
	}
	return nil
}

func sortedKeys(set map[int64]bool) []int64 {
	keys := make([]int64, 0, len(set))
	for id := range set {
		keys = append(keys, id)
	}
	slices.Sort(keys)
	return keys
}

// padded repeats the last of a list of ids until their number is a power of
// two: a statement over a list is prepared once for each length, so few lengths
// are better.
func padded(ids []int64) []int64 {
	size := 1
	for size < len(ids) {
		size *= 2
	}
	all := make([]int64, 0, size)
	all = append(all, ids...)
	for len(all) < size && len(ids) > 0 {
		all = append(all, ids[len(ids)-1])
	}
	return all
}
