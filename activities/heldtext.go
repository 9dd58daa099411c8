package activities

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// heldText says in words what the guard held, why, and what to do about it.
func heldText(connection string, runID int64, limits store.Limits, v store.Verdict) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d changes are held.", v.Held)
	for _, r := range v.Reasons {
		kind := directory.Kind(r.Kind)
		fmt.Fprintf(&text, " %d × %s (rule: %s): %s.", r.Count, kind, r.Rule, whyHeld(directory.Class(r.Class), limits, kind))
	}
	if limits.Quarantine {
		fmt.Fprintf(&text, ` End the quarantine with "rollcall quarantine release %s" once the reason is known.`, connection)
	}
	fmt.Fprintf(&text, ` Look at them with "rollcall run %d --state held"; if they are right, "rollcall approve %d" carries them out, and if not, "rollcall reject %d" does away with them.`, runID, runID, runID)
	return text.String()
}

// whyHeld is why removals of a kind are held.
func whyHeld(class directory.Class, limits store.Limits, kind directory.Kind) string {
	switch class {
	case directory.ClassOverLimit:
		l := limits.Of(kind)
		return fmt.Sprintf("more than the guard admits (%.0f%% of the linked accounts, at most %d, at least %d, in %s); a list of the source may be short, or a rule wrong", l.Share*100, l.Count, l.Always, limits.Window)
	case directory.ClassEverybody:
		return "nobody would be left; the source may have answered with nobody, or a rule matches nobody"
	case directory.ClassWholeGroup:
		return "nobody would be left in a group; its list of members may have been empty by mistake"
	case directory.ClassQuarantine:
		return "the connection is in quarantine, in which nothing is taken away"
	case directory.ClassSourceShort:
		return "they rest on lists of the source that are too short to be believed"
	case directory.ClassRecreate:
		return "the target cannot rename a group, so that a new one would be made and its members moved"
	}
	return string(class)
}
