package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

const (
	// followEvery is how often new requests are looked for: what a person
	// takes for at once, and nothing for a database.
	followEvery = time.Second
	// A request's row may be seen after one with a higher id: gateways write
	// the log in batches, and transactions end in another order than they
	// began. None takes longer than a request may.
	followBack = time.Minute
	// followOpen is how long a request is looked up again to see it applied;
	// a target that is down for longer shows in the next listing.
	followOpen = 5 * time.Minute
	// followAgain bounds those that are looked up again each time: in a storm
	// of requests the newest matter.
	followAgain = 1000
	// followPage is how many are read at a time.
	followPage = 1000
)

// read returns entries, the oldest first.
func (l *scimLog) read(ctx context.Context, filter store.ScimLogFilter) ([]store.ScimLogEntry, error) {
	entries, err := l.requests.ScimLog(ctx, l.connection, filter)
	if errors.Is(err, store.ErrNotFound) {
		// It is configured, and nothing was ever done with it.
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", l.connection, err)
	}
	slices.SortFunc(entries, func(a, b store.ScimLogEntry) int { return cmp.Compare(a.ID, b.ID) })
	return entries, nil
}

// followed is a request that was printed.
type followed struct {
	at time.Time
	// open is whether there is more to come of it, became what was said last.
	open   bool
	became string
}

// follow prints requests as they come, and again what became of them, until
// the context ends.
func (l *scimLog) follow(ctx context.Context) error {
	entries, err := l.read(ctx, l.filter)
	if err != nil {
		return err
	}
	printed := map[int64]followed{}
	// Nothing at or before floor is read again.
	floor := int64(0)
	if len(entries) > 0 {
		floor = entries[0].ID - 1
	}
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		if err := l.printNew(entries, printed); err != nil {
			return err
		}
		if err := l.out.Flush(); err != nil {
			return fmt.Errorf("write the log: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		floor = l.forget(printed, floor)
		if entries, err = l.since(ctx, floor); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// since reads all entries after an id.
func (l *scimLog) since(ctx context.Context, after int64) ([]store.ScimLogEntry, error) {
	filter := l.filter
	filter.Limit = followPage
	var all []store.ScimLogEntry
	for {
		filter.After = after
		page, err := l.read(ctx, filter)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		// After 0 come the newest, with none left to ask for.
		if len(page) < followPage || after == 0 {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// printNew prints what was not printed yet, and what became of the rest.
func (l *scimLog) printNew(entries []store.ScimLogEntry, printed map[int64]followed) error {
	slices.SortStableFunc(entries, byTime)
	for _, e := range entries {
		before, known := printed[e.ID]
		now := followed{at: e.At, open: slices.ContainsFunc(e.Objects, func(o store.ScimLogObject) bool { return o.Pending != nil })}
		for _, o := range e.Objects {
			now.became += o.ScimID + becameOf(o) + "\n"
		}
		switch {
		case !known:
			if err := l.print(e); err != nil {
				return err
			}
		case now.became != before.became:
			if err := l.printAgain(e); err != nil {
				return err
			}
		}
		printed[e.ID] = now
	}
	return nil
}

// printAgain prints what has become of a request since it was printed.
func (l *scimLog) printAgain(e store.ScimLogEntry) error {
	if l.json {
		return l.printJSONLine(e)
	}
	l.printf("%s  …    %s %s\n", at(e.At), e.Method, plain(e.Path))
	l.printTouched(e.Objects)
	return nil
}

// forget drops what is not looked up again, and returns the id up to which
// nothing is read any more.
func (l *scimLog) forget(printed map[int64]followed, floor int64) int64 {
	now := l.now()
	ids := slices.Sorted(maps.Keys(printed))
	for i, id := range ids {
		age := now.Sub(printed[id].at)
		if len(ids)-i <= followAgain && (age < followBack || printed[id].open && age < followOpen) {
			break
		}
		delete(printed, id)
		floor = id
	}
	return floor
}

// printJSONLine prints an object on a line of its own.
func (p *program) printJSONLine(v any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
