package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// MembersSaved says what reading a group's members changed.
type MembersSaved struct {
	Added, Missing, Unknown int
}

// SaveMembers stores the complete list of a group's members, given as source
// ids. Members that are no longer in it are kept, marked absent, until a
// direct look-up confirms that. A list that equals the one stored costs
// nothing, and only the group's own row is written when nothing but that changed.
func (s *Store) SaveMembers(ctx context.Context, c Claim, group GroupRef, sourceIDs []string) (MembersSaved, error) {
	sourceIDs = slices.Compact(slices.Sorted(slices.Values(sourceIDs))) // a page that shifts may repeat somebody
	digest := membersDigest(sourceIDs)
	if digest == group.Digest {
		return MembersSaved{}, s.settleDue(ctx, c, group.ID)
	}
	known, err := s.usersBySource(ctx, c.ConnectionID, sourceIDs)
	if err != nil {
		return MembersSaved{}, err
	}
	now := make(map[int64]bool, len(known))
	for _, u := range known {
		now[u.ID] = true
	}
	saved := MembersSaved{Unknown: len(sourceIDs) - len(known)}
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		saved.Added, saved.Missing = 0, 0
		var stored []struct {
			UserID int64 `db:"user_id"`
			Absent bool  `db:"absent"`
		}
		if err := tx.selectAll(ctx, &stored, `SELECT user_id, absent FROM memberships WHERE group_id = ?`, group.ID); err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		var back, missing, added []int64
		have := make(map[int64]bool, len(stored))
		for _, m := range stored {
			have[m.UserID] = true
			switch {
			case now[m.UserID] && m.Absent:
				back = append(back, m.UserID)
			case !now[m.UserID] && !m.Absent:
				missing = append(missing, m.UserID)
			}
		}
		for id := range now {
			if !have[id] {
				added = append(added, id)
			}
		}
		saved.Added, saved.Missing = len(added)+len(back), len(missing)
		if err := insertMembers(ctx, tx, group.ID, added); err != nil {
			return err
		}
		for _, m := range []struct {
			absent bool
			ids    []int64
		}{{false, back}, {true, missing}} {
			for chunk := range chunks(m.ids, 1000) {
				query, args, err := in(`UPDATE memberships SET absent = ? WHERE group_id = ? AND user_id IN (?)`, m.absent, group.ID, chunk)
				if err != nil {
					return err
				}
				if _, err := tx.exec(ctx, query, args...); err != nil {
					return fmt.Errorf("mark members: %w", err)
				}
			}
		}
		touched := slices.Concat(added, back, missing)
		slices.Sort(touched) // two groups that share members lock them in one order
		if err := eachChunk(ctx, tx, touched, `UPDATE users SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark members dirty: %w", err)
		}
		_, err := tx.exec(ctx, `UPDATE groups SET members_digest = ?, members_unknown = ?, members_due = FALSE WHERE id = ?`, digest, saved.Unknown, group.ID)
		return err
	})
	if err != nil {
		return MembersSaved{}, fmt.Errorf("store members of group %d: %w", group.ID, err)
	}
	return saved, nil
}

func insertMembers(ctx context.Context, tx *Tx, groupID int64, userIDs []int64) error {
	for chunk := range chunks(userIDs, 4*rowsAtOnce) {
		args := make([]any, 0, 2*len(chunk))
		for _, id := range chunk {
			args = append(args, groupID, id)
		}
		if _, err := tx.exec(ctx, `INSERT INTO memberships (group_id, user_id) VALUES `+rows("(?, ?)", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("store members: %w", err)
		}
	}
	return nil
}

// settleDue clears the mark of a group whose members turned out unchanged.
func (s *Store) settleDue(ctx context.Context, c Claim, groupID int64) error {
	var due bool
	if err := s.get(ctx, &due, `SELECT members_due FROM groups WHERE id = ?`, groupID); err != nil {
		return fmt.Errorf("read group %d: %w", groupID, err)
	}
	if !due {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE groups SET members_due = FALSE WHERE id = ?`, groupID)
		return err
	})
}

// membersDigest identifies a sorted list of members.
func membersDigest(sorted []string) string {
	h := sha256.New()
	for _, id := range sorted {
		h.Write([]byte(id))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
