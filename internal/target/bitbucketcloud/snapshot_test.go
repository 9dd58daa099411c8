package bitbucketcloud

import (
	"testing"
	"time"
)

func TestMembersThatCameWithTheListAreGoodForAMinute(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]bool{59 * time.Second: true, time.Minute: false} {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := &snapshot{now: func() time.Time { return now }}
		s.fill([]wireGroup{{Slug: "club", Members: &[]wireUser{{UUID: "{1}"}}}, {Slug: "untold"}})
		if _, known := s.take("untold"); known {
			t.Error("a group whose members the list did not tell is known")
		}
		now = now.Add(after)
		if members, known := s.take("club"); known != want || known && len(members) != 1 {
			t.Errorf("after %s: %v, %t", after, members, known)
		}
	}
}
