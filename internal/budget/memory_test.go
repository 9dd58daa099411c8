package budget

import (
	"context"
	"sync"
)

// memoryStore is a Store for one test.
type memoryStore struct {
	mu    sync.Mutex
	rows  map[string]State
	fail  error
	reads int
	swaps int
}

func newMemoryStore() *memoryStore { return &memoryStore{rows: make(map[string]State)} }

func (m *memoryStore) ReadBudget(_ context.Context, owner, bucket string) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.rows[owner+" "+bucket], m.fail
}

func (m *memoryStore) SwapBudget(_ context.Context, owner, bucket string, next State) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swaps++
	key := owner + " " + bucket
	if m.fail != nil || m.rows[key].Version != next.Version {
		return false, m.fail
	}
	next.Version++
	m.rows[key] = next
	return true, nil
}

func (m *memoryStore) failWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memoryStore) accesses() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads + m.swaps
}
