package atlassiansim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// cursor carries the whole query, since with a cursor the vendor discards all
// other parameters, and the place to go on from.
type cursor struct {
	// List names the list, so that a cursor of another one is refused.
	List  string          `json:"l"`
	After int64           `json:"a"`
	Query json.RawMessage `json:"q"`
}

var errCursor = errors.New("the cursor is invalid")

func (c cursor) encode() (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", errors.Join(errCursor, err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// resume reads a cursor of a list back into the query that it carries.
func resume(list, text string, query any) (int64, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, errCursor
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || c.List != list {
		return 0, errCursor
	}
	if err := json.Unmarshal(c.Query, query); err != nil {
		return 0, errCursor
	}
	return c.After, nil
}

// next makes the cursor of the page after this one; "" at the end.
func next(list string, query any, after int64, more bool) (string, error) {
	if !more {
		return "", nil
	}
	text, err := json.Marshal(query)
	if err != nil {
		return "", errors.Join(errCursor, err)
	}
	return cursor{List: list, After: after, Query: text}.encode()
}

// links is LinkPageCursor: next is a cursor, not a URL, and absent at the end.
type links struct {
	Self string `json:"self,omitempty"`
	Next string `json:"next,omitempty"`
}

// matches yields, in order, everything that a query finds after a place, each
// with its own place.
type matches[T any] func(after int64) iter.Seq2[int64, T]

// paginate takes one page, with the list effect of a fault applied: every
// effect leaves the paging well formed.
func paginate[T any](all matches[T], after int64, limit int, effect fault.Kind) (items []T, last int64, more bool) {
	items = make([]T, 0, limit)
	switch effect {
	case fault.Empty:
		return items, 0, false
	case fault.Half:
		all = half(all)
	}
	skipped, skippedTo := 0, int64(0)
	for place, item := range all(after) {
		if len(items) < limit {
			items, last = append(items, item), place
			continue
		}
		// A page is left out only if another follows it: the middle of a list
		// goes missing, and nothing shows it.
		if effect == fault.SkipPage && skipped < limit {
			skipped, skippedTo = skipped+1, place
			continue
		}
		more = true
		break
	}
	switch {
	case skipped == 0:
	case more:
		last = skippedTo
	default:
		more = true
	}
	return items, last, more
}

// half keeps every second item of the whole list, wherever a page starts.
func half[T any](all matches[T]) matches[T] {
	return func(after int64) iter.Seq2[int64, T] {
		return func(yield func(int64, T) bool) {
			kept := false
			for place, item := range all(0) {
				kept = !kept
				if kept && place > after && !yield(place, item) {
					return
				}
			}
		}
	}
}

// numbered yields a sorted list, whose places are positions in it.
func numbered[T any](sorted []T) matches[T] {
	return func(after int64) iter.Seq2[int64, T] {
		return func(yield func(int64, T) bool) {
			for i := after; i >= 0 && i < int64(len(sorted)); i++ {
				if !yield(i+1, sorted[i]) {
					return
				}
			}
		}
	}
}

// badRequest refuses what the constraints found.
func (s *Sim) badRequest(w http.ResponseWriter, r *http.Request, err error) {
	code := "ADMIN-400-24"
	switch {
	case uam(r.URL.Path):
		code = "ADMIN-UAM-400-1"
	case errors.Is(err, errCursor):
		code = "ADMIN-400-1"
	}
	s.fail(w, r, http.StatusBadRequest, code, "%s", err.Error())
}
