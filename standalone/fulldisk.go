package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// roomNeeded is how much must fit for there to be room: several times what one
	// of either database's transactions usually writes.
	roomNeeded = 1 << 20
	// roomTried is how often at most it is tried while something goes wrong.
	roomTried = 2 * time.Second
	// fullSaid is how often it is said that there is no room, and fullHeld how
	// long each line that comes of it is then held back after it was passed.
	fullSaid = time.Minute
	fullHeld = 10 * time.Minute
	// settledAfter is how long there must be room again before it counts: the
	// Temporal server takes some ten seconds to find its feet, with fifty errors in each.
	settledAfter = 30 * time.Second
)

// diskWatch sees to it that a disk without room is said in one line, and not in
// the hundreds that the Temporal server and the worker write of it. Whenever a
// warning or an error is logged, it is tried whether the folders can be written;
// until they can, each line is passed once in a while and counted in between.
type diskWatch struct {
	folders []string
	// try fails when nothing can be written in a folder.
	try func(folder string) error
	now func() time.Time

	mu sync.Mutex
	// say gets what the watch itself has to say.
	say slog.Handler
	// full is why which folder cannot be written, until there has been room again
	// for long enough; roomSince is when that began, zero while there is none.
	full          *unwritableError
	roomSince     time.Time
	tried, saidAt time.Time
	// passed is when each line was last let through since there was no room, held
	// how often it was not since.
	passed map[string]time.Time
	held   map[string]int
	// filled wakes run when there is no room any more.
	filled chan struct{}
}

// unwritableError is a folder in which nothing can be written.
type unwritableError struct {
	folder string
	err    error
}

func (e *unwritableError) Error() string {
	if errors.Is(e.err, syscall.ENOSPC) || errors.Is(e.err, syscall.EDQUOT) {
		return fmt.Sprintf("the disk that holds %s is full", e.folder)
	}
	return fmt.Sprintf("nothing can be written in %s", e.folder)
}

func (e *unwritableError) Unwrap() error { return e.err }

func newDiskWatch(folders ...string) *diskWatch {
	return &diskWatch{folders: folders, try: tryRoom, now: time.Now, filled: make(chan struct{}, 1)}
}

// also watches another folder, and says what there is to say by another handler.
func (w *diskWatch) also(folder string, say slog.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.folders, folder) {
		w.folders = append(slices.Clone(w.folders), folder)
	}
	w.say = say
}

// around is a handler that is watched; the first one also says what there is to say.
func (w *diskWatch) around(h slog.Handler) slog.Handler {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.say == nil {
		w.say = h
	}
	return &watchedHandler{Handler: h, watch: w}
}

// start has run at work until what it returns is called, or the context ends.
func (w *diskWatch) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); w.run(ctx) }()
	return func() { cancel(); <-ended; w.end(context.WithoutCancel(ctx)) }
}

// end says what has been held back when everything stops without room.
func (w *diskWatch) end(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full != nil {
		w.write(ctx, slog.LevelWarn, "it ends while "+w.full.Error()+", or was of late", w.heldBack())
	}
}

// run says again and again that there is no room, and once that there is again,
// whether or not anybody logs anything meanwhile, until the context ends.
func (w *diskWatch) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.filled:
		}
		tick := time.NewTicker(roomTried)
		for full := true; full; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			w.mu.Lock()
			w.look(ctx)
			full = w.full != nil
			w.mu.Unlock()
		}
		tick.Stop()
	}
}

// passes reports whether a line is to be written, after a look at the folders.
func (w *diskWatch) passes(ctx context.Context, r slog.Record) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look(ctx)
	if w.full == nil {
		return true
	}
	if at, known := w.passed[r.Message]; known && w.now().Sub(at) < fullHeld {
		w.held[r.Message]++
		return false
	}
	w.passed[r.Message] = w.now()
	return true
}

// look tries the folders, unless they were tried of late, and says what has
// become of them. w.mu is held.
func (w *diskWatch) look(ctx context.Context) {
	now := w.now()
	if now.Sub(w.tried) < roomTried {
		return
	}
	w.tried = now
	full := w.unwritable()
	switch {
	case full == nil:
		w.room(ctx, now)
		return
	case w.full == nil:
		w.passed, w.held = map[string]time.Time{}, map[string]int{}
		select {
		case w.filled <- struct{}{}:
		default:
		}
	case now.Sub(w.saidAt) < fullSaid:
		w.full, w.roomSince = full, time.Time{}
		return
	}
	w.full, w.roomSince = full, time.Time{}
	w.saidAt = now
	w.write(ctx, slog.LevelError, w.full.Error()+": nothing can be stored. Nothing that was accepted is lost; runs and pushes wait, and go on by themselves once there is room",
		slog.String("folder", w.full.folder), slog.Any("error", w.full.err), w.heldBack())
}

// room is called when the folders can be written. w.mu is held.
func (w *diskWatch) room(ctx context.Context, now time.Time) {
	switch {
	case w.full == nil:
	case w.roomSince.IsZero():
		w.roomSince = now
	case now.Sub(w.roomSince) >= settledAfter:
		w.write(ctx, slog.LevelWarn, "there is room to write again, and it goes on by itself", slog.String("folder", w.full.folder), slog.Time("since", w.roomSince), w.heldBack())
		w.full, w.roomSince, w.passed, w.held = nil, time.Time{}, nil, nil
	}
}

func (w *diskWatch) unwritable() *unwritableError {
	for _, folder := range w.folders {
		if err := w.try(folder); err != nil {
			return &unwritableError{folder, err}
		}
	}
	return nil
}

// heldBack is how many lines were held back since there was no room, in all and
// of each text.
func (w *diskWatch) heldBack() slog.Attr {
	total, texts := 0, []any{}
	for _, text := range slices.Sorted(maps.Keys(w.held)) {
		total += w.held[text]
		texts = append(texts, slog.Int(text, w.held[text]))
	}
	return slog.Group("held_back", slog.Int("lines", total), slog.Group("of", texts...))
}

// write writes a line of the watch itself, at whatever level is logged: whoever
// reads that the disk is full must read that it no longer is. A logger has
// nobody to give its errors to.
func (w *diskWatch) write(ctx context.Context, level slog.Level, text string, attributes ...slog.Attr) {
	r := slog.NewRecord(w.now(), level, text, 0)
	r.AddAttrs(attributes...)
	_ = w.say.Handle(ctx, r)
}

// watchedHandler is a handler whose warnings and errors are watched.
type watchedHandler struct {
	slog.Handler
	watch *diskWatch
}

func (h *watchedHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && !h.watch.passes(ctx, r) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h *watchedHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &watchedHandler{h.Handler.WithAttrs(attributes), h.watch}
}

func (h *watchedHandler) WithGroup(name string) slog.Handler {
	return &watchedHandler{h.Handler.WithGroup(name), h.watch}
}

// tryRoom writes a file and removes it again. What a file system says of its
// room leaves quotas out, and zeros may take none. A folder that is not there
// yet is not full.
func tryRoom(folder string) (err error) {
	f, err := os.CreateTemp(folder, ".room-*")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	filling := make([]byte, roomNeeded)
	if _, err := rand.Read(filling); err != nil {
		return err
	}
	if _, err := f.Write(filling); err != nil {
		return err
	}
	return f.Sync()
}
