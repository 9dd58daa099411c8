package main

import (
	"fmt"
	"math"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// allowed is how many times the unavoidable calls a run may make.
const allowed = 1.2

// work is what a run has to bring about in a target.
type work struct {
	// Initial is whether the target is empty, so that all of it is read first.
	Initial bool
	// Accounts and Groups are to be made. Joined are the memberships of those new
	// accounts, Added and Removed those of others.
	Accounts, Groups, Joined, Added, Removed int
	// Leavers and the Suspended lose their access, and are in so many groups
	// altogether; Renamed people have another name and another address.
	Leavers, LeaversGroups, Suspended, SuspendedGroups, Renamed int
	// Refused people cannot have an account, for their user names.
	Refused int
}

// workOf is what changes in the source come to. Everybody is in as many groups
// as the settings say.
func workOf(made []people.Changed, memberships int) work {
	var w work
	for _, c := range made {
		switch c.Kind {
		case people.Join, people.Unsuspend:
			w.Accounts++
			w.Joined += len(c.GroupIDs)
		case people.Leave:
			w.Leavers++
			w.LeaversGroups += memberships
		case people.Suspend:
			w.Suspended++
			w.SuspendedGroups += memberships
		case people.Rename:
			w.Renamed++
		case people.Move:
			w.Added++
			w.Removed++
		case people.Found:
			w.Groups++
			w.Added++
		}
	}
	return w
}

// costs are the calls that a kind of target makes unavoidable. Each is for one
// of what its name says, so that a call that carries fifty is 0.02 for each.
type costs struct {
	// Run is for every run that writes: who administers, who the key belongs to.
	Run float64
	// First is for the first run besides: reading a target that is empty, but for
	// its administrators.
	First float64
	// Account is to look for one and to make it, Group the same for a group.
	// FirstAccount is Account where everybody is looked for at once, when that is
	// another number.
	Account, FirstAccount, Group float64
	// Joined are memberships of accounts that are new, Added and Removed those of
	// others.
	Joined, Added, Removed float64
	// Leaver is to take an account's access or the account, LeaverGroup to take it
	// out of each of its groups where that is how it is done; the same for the
	// Suspended.
	Leaver, LeaverGroup, Suspended, SuspendedGroup float64
	// Renamed is to write another name and address, and to see first that nobody
	// has that address.
	Renamed float64
	// Refused is to look whether somebody has an account who cannot be given one.
	Refused float64
	// Reason says where the numbers come from.
	Reason string
}

// unavoidable is the least number of calls for some work in a target of these
// costs.
func (c costs) unavoidable(w work) float64 {
	calls, account := c.Run, c.Account
	if w.Initial {
		calls += c.First
		if c.FirstAccount > 0 {
			account = c.FirstAccount
		}
	}
	for _, part := range []struct {
		n    int
		each float64
	}{
		{w.Accounts, account}, {w.Groups, c.Group}, {w.Joined, c.Joined}, {w.Added, c.Added}, {w.Removed, c.Removed},
		{w.Leavers, c.Leaver}, {w.LeaversGroups, c.LeaverGroup},
		{w.Suspended, c.Suspended}, {w.SuspendedGroups, c.SuspendedGroup}, {w.Renamed, c.Renamed}, {w.Refused, c.Refused},
	} {
		// A call that carries many is made at least once.
		calls += math.Ceil(float64(part.n) * part.each)
	}
	return calls
}

// frugality is how a run's calls to the target compare to the unavoidable ones.
type frugality struct {
	// PerPerson are the calls for each changed person, Unavoidable the least
	// possible, Ratio their quotient.
	PerPerson   float64 `json:"target_calls_per_changed_person"`
	Unavoidable float64 `json:"unavoidable_calls_per_changed_person"`
	Ratio       float64 `json:"ratio"`
	Reason      string  `json:"reason"`
}

func (c costs) judge(w work, calls, people int) *frugality {
	least := c.unavoidable(w)
	if people == 0 || least == 0 {
		return nil
	}
	return &frugality{
		PerPerson: float64(calls) / float64(people), Unavoidable: least / float64(people), Ratio: float64(calls) / least, Reason: c.Reason,
	}
}

func (f frugality) String() string {
	return fmt.Sprintf("%.2f target calls a changed person, %.2f unavoidable, %.2f times (%.1f allowed): %s", f.PerPerson, f.Unavoidable, f.Ratio, allowed, f.Reason)
}
