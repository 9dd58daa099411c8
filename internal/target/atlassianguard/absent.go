package atlassianguard

import (
	"sync"
	"time"
)

// absentFor is how long an administrator whom the directory does not have is
// not looked for in its list again. One who comes is found by address at once;
// only one whose address the organisation shows wrongly waits for this long.
const absentFor = time.Hour

// absent remembers Atlassian accounts that no user of the directory is linked
// to: many an administrator is outside of it, and to read all of it for them in
// each run would be most of the run's calls.
type absent struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time
}

// all reports whether each of the accounts for which unknown is true was found
// absent lately.
func (a *absent) all(accounts map[string]bool, unknown func(string) bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for account := range accounts {
		if unknown(account) && !a.now().Before(a.until[account]) {
			return false
		}
	}
	return true
}

// note remembers those of the accounts for which unknown is still true.
func (a *absent) note(accounts map[string]bool, unknown func(string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = make(map[string]time.Time)
	}
	for account := range accounts {
		if unknown(account) {
			a.until[account] = a.now().Add(absentFor)
		}
	}
}
