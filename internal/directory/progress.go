package directory

import (
	"net/http"
	"slices"
)

// mostIdlePages is how many pages in a row may bring nothing, where a page may
// be empty and not the last: at 50 elements a page and more, 10,000 that the
// credential may not see.
const mostIdlePages = 200

// Progress watches the pages of one list while they are read: one that does not
// move on, such as one out of a cache that leaves the query of an address out,
// would be read for ever, or be taken for complete where its end is counted. It
// is not safe for concurrent use.
type Progress[T any] struct {
	call     string
	id       func(T) string
	overlaps bool
	seen     map[string]bool
	before   []string
	idle     int
}

// NewProgress watches a list that a call is for. id tells its elements apart.
func NewProgress[T any](call string, id func(T) string) *Progress[T] {
	return &Progress[T]{call: call, id: id, seen: make(map[string]bool)}
}

// Overlapping is for a list that may hold the same elements several times, such
// as one put together of several directories: a page that holds nothing new is
// then taken for an empty one.
func (p *Progress[T]) Overlapping() *Progress[T] {
	p.overlaps = true
	return p
}

// Page takes the next page. One that is not the last and holds only what those
// before it held is an *UnavailableError, and so is a last one that is the one
// before again, and one empty page too many.
func (p *Progress[T]) Page(items []T, last bool) error {
	ids := make([]string, len(items))
	fresh := false
	for i, item := range items {
		ids[i] = p.id(item)
		fresh = fresh || !p.seen[ids[i]]
	}
	for _, id := range ids {
		p.seen[id] = true
	}
	again := len(ids) > 0 && slices.Equal(ids, p.before)
	p.before = ids
	if fresh {
		p.idle = 0
		return nil
	}
	p.idle++
	stuck := p.idle > mostIdlePages || len(ids) > 0 && !p.overlaps
	if last {
		stuck = again && !p.overlaps
	}
	if !stuck {
		return nil
	}
	return &UnavailableError{Call: p.call, Status: http.StatusOK, Detail: "the list does not move on: a page holds nothing that those before it did not hold"}
}
