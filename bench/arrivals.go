package main

import (
	"strings"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// arrivals notes when an account is created in the target, by the stand-in
// itself.
type arrivals struct {
	mu      sync.Mutex
	waiting map[string]chan time.Time
	times   map[string]int
	// invited is closed at the first account that nobody waits for.
	invited chan struct{}
}

func (a *arrivals) hook(phase string, call fault.Call) {
	if phase != "after" || call.API != atlassiansim.API {
		return
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range call.Keys() {
		email, created := strings.CutPrefix(key, "create-account:")
		if !created {
			continue
		}
		a.times[email]++
		if arrived := a.waiting[email]; arrived != nil {
			arrived <- now
			delete(a.waiting, email)
		} else if a.invited != nil {
			close(a.invited)
			a.invited = nil
		}
	}
}

// await returns what tells when an address has an account.
func (a *arrivals) await(email string) <-chan time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	arrived := make(chan time.Time, 1)
	a.waiting[email] = arrived
	return arrived
}

// others returns what tells that the run creates accounts.
func (a *arrivals) others() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.invited = make(chan struct{})
	return a.invited
}

// twice returns how many accounts were created more than once.
func (a *arrivals) twice() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, times := range a.times {
		if times > 1 {
			n++
		}
	}
	return n
}
