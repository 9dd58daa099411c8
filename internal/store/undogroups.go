package store

import "github.com/rollcall-sync/rollcall/internal/directory"

// judgeGroup is judge for a change of a group in another, or of a permission.
func (c *doneChange) judgeGroup() undoing {
	o := undoing{TargetID: c.TargetID, GroupID: c.GroupID, OuterID: c.OuterID, Scope: c.Scope}
	switch c.Kind {
	case directory.AddNesting, directory.RemoveNesting:
		added := c.Kind == directory.AddNesting
		c.Reverse, o.What, o.Value, o.Basis = directory.AddNesting, overrideNesting, memberIn, inOrOut(c.RuledIn)
		if added {
			c.Reverse, o.Value = directory.RemoveNesting, memberOut
		}
		// One that may be there counts as there: it is taken out as well as can be, and
		// one that a later run has sent again was not left out.
		if !c.GroupLinked || !c.OuterLinked || c.Nested != added {
			c.Class = directory.ClassChangedSince
		}
	case directory.PermitGroup:
		c.Reverse, o.What, o.Value, o.Basis = directory.PermitGroup, overridePermission, c.Before, c.Configured
		switch {
		case c.Before == "":
			c.Class = directory.ClassIrreversible // a target can put another in its place, and not take it away
		case !c.GroupLinked || c.Holds != c.After || c.Configured == "":
			c.Class = directory.ClassChangedSince
		}
	default:
		c.Class = directory.ClassIrreversible
	}
	if c.Class == "" && c.Untouchable {
		c.Class = directory.ClassProtected
	}
	if c.Class != "" {
		c.Reverse = ""
		return undoing{}
	}
	return o
}
