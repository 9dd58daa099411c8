package config

import (
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// validateAccessEnds looks at the ladders of targets that put new accounts in
// groups of their own for their access. Those are none of the source's, so that
// a leaver who loses groups is in them still.
func (r *reader) validateAccessEnds(path string, t Target, from map[string]string) {
	switch {
	case t.Kind == KindJiraCloud && len(t.Products) > 0:
		if !r.stated(path+".leavers.deactivated", from) || !r.stated(path+".leavers.deleted", from) {
			r.problem(path+".leavers", "%s cannot suspend or deactivate: say in deactivated and deleted what becomes of a leaver, such as remove groups now, delete after 7d; without delete a leaver keeps what the products' default groups grant", t.Kind)
			return
		}
		if t.Leavers.leaves(directory.DeleteAccount) {
			r.warn(path+".leavers", "a leaver keeps what the products' default groups grant; better a delete in deactivated and deleted, such as remove groups now, delete after 7d")
		}
	case t.Kind == KindBitbucketDC:
		if t.Leavers.leaves(directory.SuspendAccount, directory.DeleteAccount) {
			r.warn(path+".leavers", "a leaver keeps what access_groups grant; better a suspend in deactivated and deleted")
		}
	}
}

// stated says whether the file has a target's setting, for the target itself or
// for its connection.
func (r *reader) stated(path string, from map[string]string) bool {
	return r.nodes[path] != nil || r.nodes[inherited(path, from)] != nil
}

// leaves says whether whoever has left the company goes through a ladder that
// takes none of these steps. A ladder of no step keeps everything on purpose.
func (l Leavers) leaves(ends ...directory.Kind) bool {
	for _, ladder := range []Ladder{l.Deactivated, l.Deleted} {
		if len(ladder) > 0 && !slices.ContainsFunc(ladder, func(s directory.Step) bool { return slices.Contains(ends, s.Action) }) {
			return true
		}
	}
	return false
}
