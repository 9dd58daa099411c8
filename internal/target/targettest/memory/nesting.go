package memory

import (
	"context"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Subgroups implements directory.Nester.
func (t *Target) Subgroups(ctx context.Context, groupID, cursor string) (directory.GroupIDPage, error) {
	var got directory.GroupIDPage
	err := t.read(ctx, "Subgroups", func() error {
		g := t.group(groupID)
		if g == nil {
			return noGroup("Subgroups")
		}
		ids, next, err := page(t, g.inside, func(id string) string { return id }, cursor)
		got = directory.GroupIDPage{GroupIDs: slices.Clone(ids), Next: next}
		return err
	})
	return got, err
}

// AddSubgroup implements directory.Nester.
func (t *Target) AddSubgroup(ctx context.Context, groupID, childID string) error {
	return t.write(ctx, func() Write { return Write{Call: "AddSubgroup", GroupID: groupID, Value: childID} }, func() error {
		outer := t.group(groupID)
		switch {
		case outer == nil || t.group(childID) == nil:
			return noGroup("AddSubgroup")
		case outer.ReadOnly:
			return &directory.RefusedError{Call: "AddSubgroup", Status: 403, Code: "read-only"}
		case groupID == childID || t.below(childID)[groupID]:
			return &directory.RefusedError{Call: "AddSubgroup", Status: 400, Code: "circle"}
		}
		if !slices.Contains(outer.inside, childID) {
			outer.inside = append(outer.inside, childID)
		}
		return nil
	})
}

// RemoveSubgroup implements directory.Nester.
func (t *Target) RemoveSubgroup(ctx context.Context, groupID, childID string) error {
	return t.write(ctx, func() Write { return Write{Call: "RemoveSubgroup", GroupID: groupID, Value: childID} }, func() error {
		outer := t.group(groupID)
		switch {
		case outer == nil:
			return nil
		case outer.ReadOnly:
			return &directory.RefusedError{Call: "RemoveSubgroup", Status: 403, Code: "read-only"}
		}
		outer.inside = slices.DeleteFunc(outer.inside, func(id string) bool { return id == childID })
		return nil
	})
}

// below are the groups in a group, however deep.
func (t *Target) below(groupID string) map[string]bool {
	reached := map[string]bool{}
	queue := []string{groupID}
	for len(queue) > 0 {
		g := t.group(queue[0])
		queue = queue[1:]
		if g == nil {
			continue
		}
		for _, id := range g.inside {
			if !reached[id] {
				reached[id] = true
				queue = append(queue, id)
			}
		}
	}
	return reached
}

// SeedSubgroup puts a group in another, which is no write.
func (t *Target) SeedSubgroup(groupID, childID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.group(groupID)
	g.inside = append(g.inside, childID)
}

// DropSubgroup takes a group out of another, which is no write.
func (t *Target) DropSubgroup(groupID, childID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.group(groupID)
	g.inside = slices.DeleteFunc(g.inside, func(id string) bool { return id == childID })
}
