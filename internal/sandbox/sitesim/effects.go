package sitesim

import (
	"net/http"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// write is a change of the last seconds, kept so that a list can be as it was
// before.
type write struct {
	at time.Time
	// added is false for what was taken away.
	added bool
	// Of a membership both are set; else one of them is.
	group   roster.Group
	account roster.Account
}

func (w write) membership() bool { return w.group.ID != "" && w.account.ID != "" }

// wrote keeps a change, and forgets those that no list can be behind of.
func (s *Sim) wrote(w write) {
	now := s.opts.Now()
	w.at = now
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := slices.IndexFunc(s.recent, func(old write) bool { return now.Sub(old.at) <= s.opts.Staleness })
	if oldest < 0 {
		oldest = len(s.recent)
	}
	s.recent = append(s.recent[oldest:], w)
}

// lately returns the changes that a stale list does not show, the latest first.
func (s *Sim) lately() []write {
	now := s.opts.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []write
	for _, w := range slices.Backward(s.recent) {
		if now.Sub(w.at) <= s.opts.Staleness {
			all = append(all, w)
		}
	}
	return all
}

// distort applies the fault in force for a list, of which a page holds size.
func distort[T any](s *Sim, r *http.Request, all []T, size int, id func(T) string, before func(write) (thing T, concerns bool)) []T {
	switch s.opts.Engine.ListEffect(r) {
	case fault.Empty:
		return nil
	case fault.Half:
		var kept []T
		for i := 0; i < len(all); i += 2 {
			kept = append(kept, all[i])
		}
		return kept
	case fault.SkipPage:
		// A page is left out only if another follows it: the middle of the list
		// goes missing, and nothing shows it.
		if len(all) > 2*size {
			return slices.Concat(all[:size], all[2*size:])
		}
	case fault.Stale:
		for _, w := range s.lately() {
			thing, concerns := before(w)
			switch {
			case !concerns:
			case w.added:
				all = slices.DeleteFunc(all, func(one T) bool { return id(one) == id(thing) })
			default:
				all = append(all, thing)
			}
		}
	}
	return all
}

func accountID(a roster.Account) string { return a.ID }

func groupID(g roster.Group) string { return g.ID }

// aboutAccount, aboutGroup and aboutMembers say what a change was in a list.
func aboutAccount(w write) (roster.Account, bool) { return w.account, w.group.ID == "" }

func aboutGroup(w write) (roster.Group, bool) { return w.group, w.account.ID == "" }

func aboutMembers(groupID string) func(write) (roster.Account, bool) {
	return func(w write) (roster.Account, bool) { return w.account, w.membership() && w.group.ID == groupID }
}

// size is how much one answer holds.
func (s *Sim) size(asked, most int) int {
	size := min(asked, most)
	if s.opts.PageLimit > 0 {
		size = min(size, s.opts.PageLimit)
	}
	return size
}
