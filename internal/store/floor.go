package store

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// CodeSourceShort is the code of the note that a run's lists were too short to
// be believed.
const CodeSourceShort = "source-too-small"

// lastLists is how many complete lists a new one is compared with.
const lastLists = 5

// fewMissing is how many may be missing from a list whatever their share: as
// many as the guard admits in any case. A list with nobody in it is never few.
const fewMissing = 5

// SourceBelow says in words why the lists of users and groups that a run has
// read to the end, with so many in each, are too short for anything to be
// believed to be missing from them; empty when they are not. A run that a
// person let removals through in is believed, and lists before it do not count
// any more.
func (s *Store) SourceBelow(ctx context.Context, c Claim, floor SourceFloor, users, groups int64) (why string, err error) {
	var allowed bool
	if err := s.get(ctx, &allowed, `SELECT allow_removals FROM runs WHERE id = ?`, c.RunID); err != nil {
		return "", fmt.Errorf("read run %d: %w", c.RunID, notFound(err))
	}
	if allowed {
		return "", nil
	}
	switch {
	case users < floor.Users:
		return fmt.Sprintf("the list of users has %d in it, fewer than the %d of minimum_users", users, floor.Users), nil
	case groups < floor.Groups:
		return fmt.Sprintf("the list of groups has %d in it, fewer than the %d of minimum_groups", groups, floor.Groups), nil
	case floor.Drop >= 1:
		return "", nil
	}
	var last []struct {
		Users   int64 `db:"users_read"`
		Groups  int64 `db:"groups_read"`
		Allowed bool  `db:"allow_removals"`
	}
	if err := s.selectAll(ctx, &last, `SELECT users_read, groups_read, allow_removals FROM runs WHERE connection_id = ? AND users_complete AND id < ?
		ORDER BY id DESC LIMIT CAST(? AS BIGINT)`, c.ConnectionID, c.RunID, lastLists); err != nil {
		return "", fmt.Errorf("read the sizes of earlier lists: %w", err)
	}
	var userCounts, groupCounts []int64
	for _, l := range last {
		userCounts, groupCounts = append(userCounts, l.Users), append(groupCounts, l.Groups)
		if l.Allowed {
			break
		}
	}
	for _, list := range []struct {
		what   string
		count  int64
		before []int64
	}{{"users", users, userCounts}, {"groups", groups, groupCounts}} {
		usual := median(list.before)
		if dropped(list.count, usual, floor.Drop) {
			return fmt.Sprintf("the list of %s has %d in it, where the last complete ones had %d: %.0f%% fewer, more than the %.0f%% of max_drop",
				list.what, list.count, usual, 100*float64(usual-list.count)/float64(usual), 100*floor.Drop), nil
		}
	}
	return "", nil
}

// dropped reports whether a list is shorter than usual by more than a share.
func dropped(count, usual int64, share float64) bool {
	if count >= usual || count > 0 && usual-count <= fewMissing {
		return false
	}
	return float64(usual-count) > math.Floor(share*float64(usual)+1e-6)
}

// median is the middle of some numbers, the smaller of two; 0 of none.
func median(of []int64) int64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)-1)/2]
}
