package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"slices"
)

// SaveSeen records which objects a run saw in a part of a list, so that what
// is missing can be told once the list is complete. Recording a part again
// replaces it.
func (s *Store) SaveSeen(ctx context.Context, c Claim, collection, part string, ids []int64) error {
	packed := packIDs(ids)
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO seen (run_id, collection, part, ids) VALUES (?, ?, ?, ?)
			ON CONFLICT (run_id, collection, part) DO UPDATE SET ids = excluded.ids`, c.RunID, collection, part, packed)
		return err
	})
}

// notSeen returns the ids that query (by connection, in order of id) yields
// and that this run did not see. Memory: one bit an id.
func (s *Store) notSeen(ctx context.Context, c Claim, collection, query string) ([]int64, error) {
	seen, err := s.seenSet(ctx, c.RunID, collection)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, query, c.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("read known %s: %w", collection, err)
	}
	defer rows.Close()
	var missing []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read known %s: %w", collection, err)
		}
		if !seen.has(id) {
			missing = append(missing, id)
		}
	}
	return missing, rows.Err()
}

// markMissing marks what a complete list lacked and returns how much this run
// has marked so: an attempt that was cut off after the commit is counted by
// the next one as well, since what follows depends on it.
func (s *Store) markMissing(ctx context.Context, c Claim, collection string, missing []int64, mark func(ctx context.Context, tx *Tx) error) (int, error) {
	collection += "/missing"
	before, err := s.seenSet(ctx, c.RunID, collection)
	if err != nil || len(missing) == 0 {
		return before.len(), err
	}
	packed := packIDs(missing)
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := mark(ctx, tx); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO seen (run_id, collection, part, ids) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			c.RunID, collection, fmt.Sprint(missing[0]), packed)
		return err
	})
	return before.len() + len(missing), err
}

func (s *Store) seenSet(ctx context.Context, runID int64, collection string) (bitset, error) {
	var parts [][]byte
	if err := s.selectAll(ctx, &parts, `SELECT ids FROM seen WHERE run_id = ? AND collection = ?`, runID, collection); err != nil {
		return nil, fmt.Errorf("read what was seen of %s: %w", collection, err)
	}
	var seen bitset
	for _, part := range parts {
		if err := unpackIDs(part, func(id int64) { seen.add(id) }); err != nil {
			return nil, fmt.Errorf("read what was seen of %s: %w", collection, err)
		}
	}
	return seen, nil
}

// packIDs writes sorted ids as the varint differences between them: one or
// two bytes an id.
func packIDs(ids []int64) []byte {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	packed := make([]byte, 0, 2*len(ids))
	last := int64(0)
	for _, id := range ids {
		packed = binary.AppendUvarint(packed, uint64(id-last))
		last = id
	}
	return packed
}

func unpackIDs(packed []byte, each func(id int64)) error {
	last := int64(0)
	for len(packed) > 0 {
		difference, n := binary.Uvarint(packed)
		if n <= 0 {
			return fmt.Errorf("a list of ids is damaged")
		}
		last += int64(difference)
		each(last)
		packed = packed[n:]
	}
	return nil
}

type bitset []uint64

func (b *bitset) add(id int64) {
	word := int(id / 64)
	if word >= len(*b) {
		*b = append(*b, make(bitset, max(word+1-len(*b), len(*b)))...)
	}
	(*b)[word] |= 1 << (id % 64)
}

func (b bitset) has(id int64) bool {
	word := int(id / 64)
	return word < len(b) && b[word]&(1<<(id%64)) != 0
}

func (b bitset) len() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// chunks yields a slice in pieces of at most n.
func chunks[T any](all []T, n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			size := min(n, len(all))
			if !yield(all[:size]) {
				return
			}
			all = all[size:]
		}
	}
}
