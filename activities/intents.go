package activities

import (
	"context"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// sendings are the changes of a batch whose writes were sent and may have been
// done, by id. That they were about to be is noted before any of them is
// (store.Intend, store.IntendMembers), so that what comes about is known to be ours
// even if nobody hears of it.
type sendings struct {
	mu   sync.Mutex
	made map[int64]bool
}

func (s *sendings) begin(changeID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		s.made = map[int64]bool{}
	}
	s.made[changeID] = true
}

// ended is told what a write came to.
func (s *sendings) ended(changeID int64, err error) {
	if !directory.NotDone(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.made, changeID)
}

func (s *sendings) has(changeID int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made[changeID]
}

// intended are notes that this attempt made of what it is about to send.
type intended struct {
	creates []store.DueChange
	// members are memberships, by the change that sends them.
	members map[int64][]store.Wanted
}

func changeIDs(due []store.DueChange) []int64 {
	ids := make([]int64, len(due))
	for i, d := range due {
		ids[i] = d.ID
	}
	return ids
}

// intendMembers notes the memberships that changes are about to send.
func (b *batch) intendMembers(ctx context.Context, byChange map[int64][]store.Wanted) (map[int64][]store.Wanted, error) {
	var all []store.Wanted
	for _, members := range byChange {
		all = append(all, members...)
	}
	noted, err := b.Store.IntendMembers(ctx, b.claim, b.targetID, all)
	if err != nil {
		return nil, err
	}
	is := make(map[store.Wanted]bool, len(noted)) // without the target's id of the group
	for _, m := range noted {
		is[m] = true
	}
	ours := make(map[int64][]store.Wanted, len(byChange))
	for change, members := range byChange {
		for _, m := range members {
			if is[store.Wanted{UserID: m.UserID, GroupID: m.GroupID}] {
				ours[change] = append(ours[change], m)
			}
		}
	}
	return ours, nil
}

// toJoin are the memberships that changes are about to send one by one.
func (b *batch) toJoin(due []store.DueChange) map[int64][]store.Wanted {
	join := map[int64][]store.Wanted{}
	for _, d := range due {
		if directory.Kind(d.Kind) == directory.AddMember && d.Member && !d.Joined && !d.Missing && d.AccountID != "" && d.TargetGroupID != "" && !b.untouchable(d) {
			join[d.ID] = []store.Wanted{{UserID: d.UserID, GroupID: d.GroupID}}
		}
	}
	return join
}

// callOff takes back the notes of what was not sent after all, or was refused for
// certain: what somebody else puts there is not ours. Notes of earlier attempts stay.
func (b *batch) callOff(ctx context.Context, noted intended) error {
	var creates []int64
	var members []store.Wanted
	for _, d := range noted.creates {
		if d.IntentAt == 0 && !b.sent.has(d.ID) {
			creates = append(creates, d.ID)
		}
	}
	for change, wanted := range noted.members {
		if !b.sent.has(change) {
			members = append(members, wanted...)
		}
	}
	// Also when the batch is being stopped.
	return b.Store.CallOff(context.WithoutCancel(ctx), b.claim, b.targetID, creates, members)
}
