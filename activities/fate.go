package activities

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// what an object's row in the inbox becomes, worst last.
type becomes int

const (
	becomesDone becomes = iota
	becomesWaiting
	// becomesLeft is put off for a target that cannot be used as it is configured.
	becomesLeft
	becomesBusy
	becomesPutOff
)

// fate is what is to become of an object after a pass.
type fate struct {
	becomes becomes
	class   directory.Class
	after   time.Duration
	// changes is whether there were any.
	changes bool
}

// goneTries is how often a change is tried whose account or group is not in
// the target any more: what is missing there, the next run finds out.
const goneTries = 8

// fateOf decides what becomes of an object: it is done when all of its changes
// in all targets have come to their end, whichever that is.
func fateOf(item store.InboxItem, s subjects, work []*targetWork) fate {
	f := fate{}
	for _, w := range work {
		one := w.fateOf(item, s)
		f.changes = f.changes || one.changes
		if one.becomes > f.becomes {
			f.becomes, f.class, f.after = one.becomes, one.class, one.after
		}
	}
	if f.becomes == becomesBusy || f.becomes == becomesLeft {
		f.becomes = becomesPutOff // a busy one soon, and without an attempt counted
	}
	return f
}

func (w *targetWork) fateOf(item store.InboxItem, s subjects) fate {
	user, isUser := s.userOf[item.ResourceID]
	group, isGroup := s.groupOf[item.ResourceID]
	switch {
	case w.class == classMoved && (isUser || isGroup):
		return fate{becomes: becomesLeft, class: classMoved}
	case isUser && !w.leased.Users[user], isGroup && !w.leased.Groups[group]:
		return fate{becomes: becomesBusy, class: classBusy, after: busyFor}
	case !isUser && !isGroup:
		return fate{}
	}
	f, blocked, never := fate{}, false, false
	for _, ch := range w.changes {
		if isUser && ch.UserID != user || isGroup && (ch.GroupID != group || ch.UserID != 0) {
			continue
		}
		f.changes = true
		switch state := directory.State(ch.State); state {
		case directory.Unguarded, directory.Doubted, directory.Planned, directory.Retry:
			f.becomes, f.class, f.after = becomesPutOff, w.why(ch), w.wait
		case directory.Failed:
			if directory.Class(ch.Class) != directory.ClassNotFound || item.Attempts < goneTries {
				f.becomes, f.class = becomesPutOff, directory.Class(ch.Class)
			}
		case directory.Blocked:
			switch {
			case directory.Class(ch.Class) == directory.ClassNoNesting: // the next run that looks at all of them
			case isUser:
				blocked = true
			case item.Attempts < goneTries:
				// Nothing wakes a group: it looks now and then whether the other one is there.
				f.becomes, f.class = becomesPutOff, directory.Class(ch.Class)
			}
		case directory.Refused, directory.Skipped:
			never = never || ch.Kind == string(directory.CreateAccount)
		}
	}
	// Who is to have no account waits for no group.
	if f.becomes == becomesDone && blocked && !never {
		f.becomes, f.class = becomesWaiting, directory.ClassNoLink
	}
	return f
}

// why says why a change is still to be done.
func (w *targetWork) why(ch store.SubjectChange) directory.Class {
	switch {
	case ch.Class != "":
		return directory.Class(ch.Class)
	case w.class != "":
		return w.class
	}
	return directory.ClassUnavailable
}
