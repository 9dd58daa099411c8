package atlassianguard

import (
	"testing"
	"time"
)

func TestWhoIsNotInTheDirectoryIsLookedForAgainAfterAnHour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := absent{now: func() time.Time { return now }}
	accounts := map[string]bool{"outside": true, "inside": true}
	unknown := func(account string) bool { return account == "outside" }
	if a.all(accounts, unknown) {
		t.Error("nobody was looked for yet")
	}
	a.note(accounts, unknown)
	for after, want := range map[time.Duration]bool{0: true, 59 * time.Minute: true, time.Hour: false} {
		at := absent{now: func() time.Time { return now.Add(after) }, until: a.until}
		if got := at.all(accounts, unknown); got != want {
			t.Errorf("after %s: %t", after, got)
		}
	}
	if a.all(map[string]bool{"outside": true, "other": true}, func(string) bool { return true }) {
		t.Error("another one was not looked for")
	}
}
