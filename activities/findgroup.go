package activities

import (
	"context"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groupPagesMost bounds how much of the source's list of groups is gone through
// for one group: a hundred thousand groups in pages of 200, the smallest that a
// source answers with. What comes after that a run finds.
const groupPagesMost = 500

// findGroups looks in the source for a group that is not known yet, by its id or
// by its name, whatever its case, and stores it; it returns the surrogate ids, of
// several where several have the name. The source's list says whether the group
// is selected, which a direct look-up does not: what is not selected counts as
// not there. Up to 500 pages of the list are read, each as the run is steered.
func (r *requested) findGroups(ctx context.Context, name string) ([]int64, error) {
	byID, err := steady(ctx, func() (directory.Group, error) { return r.c.Source.Group(ctx, name) })
	known := err == nil && byID.SourceID != ""
	// A name is no id, and a source may refuse it for one.
	if class := directory.ClassOf(err); err != nil && class != directory.ClassNotFound && class != directory.ClassRefused {
		return nil, err
	}
	same := func(g directory.Group) bool {
		if known {
			return g.SourceID == byID.SourceID
		}
		return strings.EqualFold(strings.TrimSpace(g.Name), strings.TrimSpace(name))
	}
	var ids []int64
	request := directory.PageRequest{}
	for range groupPagesMost {
		page, err := steady(ctx, func() (directory.GroupPage, error) { return r.c.Source.Groups(ctx, request) })
		if err != nil {
			return nil, err
		}
		found := slices.DeleteFunc(page.Groups, func(g directory.Group) bool { return !same(g) || !r.c.Rules.Selects(g) })
		saved, err := r.Store.SaveGroups(ctx, r.claim, found, page.AskedAt)
		if err != nil {
			return nil, err
		}
		ids = append(ids, saved.IDs...)
		if known && (len(found) > 0 || slices.Contains(page.Unselected, byID.SourceID)) || page.Next == "" {
			return ids, nil
		}
		request.Cursor = page.Next
	}
	r.Log.Warn("the list of groups is longer than is gone through for one", "connection", r.c.Name, "pages", groupPagesMost)
	return ids, nil
}
