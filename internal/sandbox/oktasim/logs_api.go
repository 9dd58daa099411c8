package oktasim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// logQuery is what GET /api/v1/logs was asked.
type logQuery struct {
	since, until time.Time
	// polling: no until, and ascending. The order is that of persistence, and
	// there is always a next page, even after an empty one.
	polling, descending bool
	where               filter
	words               []string
	limit               int
	// start is the place of the first event to look at.
	start int
}

// keptFor is how far back the log goes when since is not given.
const keptFor = 7 * 24 * time.Hour

func (s *Sim) logQuery(r *http.Request) (logQuery, error) {
	query := r.URL.Query()
	now := s.now()
	q := logQuery{since: now.Add(-keptFor), until: now}
	var err error
	if q.limit, err = logLimits.of(r); err != nil {
		return q, err
	}
	for name, at := range map[string]*time.Time{"since": &q.since, "until": &q.until} {
		if text := query.Get(name); text != "" {
			if *at, err = time.Parse(time.RFC3339Nano, text); err != nil {
				return q, invalid(name, name+": must be a time as in ISO 8601")
			}
		}
	}
	switch order := query.Get("sortOrder"); order {
	case "", "ASCENDING":
	case "DESCENDING":
		q.descending = true
	default:
		return q, invalid("sortOrder", "sortOrder: must be ASCENDING or DESCENDING")
	}
	q.polling = !query.Has("until") && !q.descending
	if text := query.Get("filter"); text != "" {
		if q.where, err = parseFilter(text, logFilter); err != nil {
			return q, err
		}
	}
	q.words = strings.Fields(strings.ToLower(query.Get("q")))
	if len(q.words) > 10 {
		return q, invalid("q", "q: at most ten keywords")
	}
	place, err := after(r, "logs")
	if err != nil {
		return q, err
	}
	if place != "" {
		if q.start, err = strconv.Atoi(place); err != nil || q.start < 0 {
			return q, invalid("after", "after: the cursor is not valid")
		}
	}
	return q, nil
}

func (q logQuery) keep(e *event) bool {
	if q.where != nil && !q.where.matches(e.attribute) {
		return false
	}
	text := strings.ToLower(e.eventType + " " + e.message)
	for _, t := range e.targets {
		text += " " + strings.ToLower(t.alternateID+" "+t.name+" "+t.id)
	}
	return !slices.ContainsFunc(q.words, func(word string) bool { return !strings.Contains(text, word) })
}

// listLogs is GET /api/v1/logs.
func (s *Sim) listLogs(w http.ResponseWriter, r *http.Request) {
	q, err := s.logQuery(r)
	if err != nil {
		fail(w, err)
		return
	}
	effect := s.engine.ListEffect(r)
	s.mu.RLock()
	persisted := s.log
	now := s.opts.Now()
	for len(persisted) > 0 && persisted[len(persisted)-1].persisted.After(now) {
		persisted = persisted[:len(persisted)-1]
	}
	var (
		page [][]byte
		next string
	)
	if q.polling {
		page, next = q.poll(persisted)
	} else {
		page, next = q.bounded(persisted)
	}
	s.mu.RUnlock()
	if effect == fault.Empty {
		// The events are not skipped: they are seen when asked for again.
		page, next = nil, strconv.Itoa(q.start)
		if !q.polling {
			next = ""
		}
	}
	if next != "" {
		next = cursor("logs", next)
	}
	pageLinks(w, r, next)
	writeList(w, page)
}

// poll reads in order of persistence; next is where the log ended, or where
// the page was full.
func (q logQuery) poll(log []*event) (page [][]byte, next string) {
	at := min(q.start, len(log))
	for ; at < len(log) && len(page) < q.limit; at++ {
		e := log[at]
		if (q.start > 0 || !e.persisted.Before(q.since)) && q.keep(e) {
			page = append(page, encode(e.object()))
		}
	}
	return page, strconv.Itoa(at)
}

// bounded reads in order of publication; what is persisted after the last
// page was read is missed.
func (q logQuery) bounded(log []*event) (page [][]byte, next string) {
	ordered := slices.Clone(log)
	slices.SortStableFunc(ordered, func(a, b *event) int { return a.published.Compare(b.published) })
	if q.descending {
		slices.Reverse(ordered)
	}
	for at := min(q.start, len(ordered)); at < len(ordered); at++ {
		e := ordered[at]
		if e.published.Before(q.since) || !e.published.Before(q.until) || !q.keep(e) {
			continue
		}
		if len(page) >= q.limit {
			return page, strconv.Itoa(at)
		}
		page = append(page, encode(e.object()))
	}
	return page, ""
}
