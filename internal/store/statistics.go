package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// statistics brings PostgreSQL's statistics up to date while a database fills:
// its own daemon looks after a minute, and until then a statement that knows its
// row by the key may walk all rows of the connection instead. It does so each
// time the number of new resources has doubled, beside the writes.
type statistics struct {
	mu      sync.Mutex
	created int
	due     int
	running sync.WaitGroup
	stop    context.CancelFunc
	failure error
}

// firstAnalysis is after how many new resources the first analysis is made:
// with fewer, walking costs no more than a look into an index.
const firstAnalysis = 64

// grew counts a new resource.
func (s *Store) grew() {
	if s.dialect != postgres {
		return
	}
	t := &s.statistics
	t.mu.Lock()
	defer t.mu.Unlock()
	t.created++
	if t.created < max(t.due, firstAnalysis) || t.stop != nil {
		return
	}
	t.due = 2 * t.created
	// An analysis samples at most 30,000 rows of a table.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.stop = cancel
	t.running.Go(func() {
		_, err := s.db.ExecContext(ctx, `ANALYZE scim_resources, scim_values, scim_members, inbox, scim_acks`)
		cancel()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.stop, t.failure = nil, err
	})
}

// close ends an analysis under way. That one failed is said then: it has cost
// time and nothing else.
func (t *statistics) close() error {
	t.mu.Lock()
	stopped := t.stop != nil
	if stopped {
		t.stop()
	}
	t.mu.Unlock()
	t.running.Wait()
	if t.failure != nil && !stopped {
		return fmt.Errorf("bring statistics up to date: %w", t.failure)
	}
	return nil
}
