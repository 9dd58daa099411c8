package oktasim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// limits says what an endpoint does with its parameter "limit".
type limits struct {
	standard, least, most int
	// capped: more than most is served as most; else it is refused.
	capped bool
}

// The limits of the API description. Where it states no maximum, a page has no
// more than what has always been served.
var (
	userLimits     = limits{200, 1, 200, true}
	memberLimits   = limits{1000, 1, 1000, true}
	groupLimits    = limits{200, 1, 10000, false}
	appUserLimits  = limits{50, 1, 500, false}
	appGroupLimits = limits{20, 20, 200, false}
	logLimits      = limits{100, 0, 1000, false}
)

func (l limits) of(r *http.Request) (int, error) {
	query := r.URL.Query()
	if !query.Has("limit") {
		return l.standard, nil
	}
	n, err := strconv.Atoi(query.Get("limit"))
	switch {
	case err != nil:
		return 0, invalid("limit", "limit: must be a number")
	case n < l.least || (n > l.most && !l.capped):
		return 0, invalid("limit", "limit: must be between "+strconv.Itoa(l.least)+" and "+strconv.Itoa(l.most))
	}
	return min(n, l.most), nil
}

// Cursors are opaque: what kind of list they belong to, and the last id
// that the page had (or, after SkipPage, should have had).

func cursor(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + last))
}

// after returns where a page begins: behind the id, or at the start for "".
func after(r *http.Request, list string) (string, error) {
	token := r.URL.Query().Get("after")
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(text) <= len(list)+1 || string(text[:len(list)+1]) != list+":" {
		return "", invalid("after", "after: the cursor is not valid")
	}
	return string(text[len(list)+1:]), nil
}

// paginate cuts one page out of a list in order of id, without looking at more
// of it than the page needs. keep is the filter. next is the id that the
// following page begins behind, "" at the end.
func paginate[T any](all []T, id func(T) string, keep func(T) bool, behind string, limit int, effect fault.Kind) (page []T, next string) {
	if effect == fault.Empty {
		return nil, ""
	}
	if effect == fault.Half {
		all, keep = everySecond(all, keep), func(T) bool { return true }
	}
	start := 0
	if behind != "" {
		start = search(all, id, behind)
	}
	skipping := effect == fault.SkipPage && behind == ""
	skipped := 0
	for _, item := range all[start:] {
		if !keep(item) {
			continue
		}
		if len(page) < limit {
			page = append(page, item)
			continue
		}
		if skipping && skipped < limit {
			skipped++
			next = id(item)
			continue
		}
		if next == "" {
			next = id(page[len(page)-1])
		}
		return page, next
	}
	// The end: no page follows, not even one that was skipped.
	return page, ""
}

func everySecond[T any](all []T, keep func(T) bool) []T {
	var half []T
	n := 0
	for _, item := range all {
		if keep(item) {
			if n%2 == 0 {
				half = append(half, item)
			}
			n++
		}
	}
	return half
}

// search returns the index of the first item behind an id.
func search[T any](all []T, id func(T) string, behind string) int {
	low, high := 0, len(all)
	for low < high {
		if middle := (low + high) / 2; id(all[middle]) <= behind {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// pageLinks writes Link headers, each on a line of its own as Okta does.
func pageLinks(w http.ResponseWriter, r *http.Request, next string) {
	self := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	if r.TLS != nil {
		self.Scheme = "https"
	}
	w.Header().Add("Link", "<"+self.String()+`>; rel="self"`)
	if next == "" {
		return
	}
	query := r.URL.Query()
	query.Set("after", next)
	self.RawQuery = query.Encode()
	w.Header().Add("Link", "<"+self.String()+`>; rel="next"`)
}

// writeBody writes JSON, with its length, so that a cut answer is noticed.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// The caller may have gone away; there is nobody left to tell.
	_, _ = w.Write(body)
}

// writeList writes objects that are encoded already.
func writeList(w http.ResponseWriter, bodies [][]byte) {
	size := 2 + len(bodies)
	for _, body := range bodies {
		size += len(body)
	}
	list := append(make([]byte, 0, size), '[')
	for i, body := range bodies {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, body...)
	}
	writeBody(w, http.StatusOK, append(list, ']'))
}
