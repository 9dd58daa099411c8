package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a folder that can be filled.
type disk struct {
	mu    sync.Mutex
	err   error
	tries int
}

func (d *disk) try(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries++
	return d.err
}

func (d *disk) tried() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tries
}

func (d *disk) becomes(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) count(text string) int { return strings.Count(l.String(), text) }

// watchedLog is a logger that is watched, and the watch's own loop, on the time
// of a synctest bubble.
func watchedLog(t *testing.T, d *disk, level slog.Level) (*slog.Logger, *lines) {
	log, out, _ := watchedUntil(t, d, level)
	return log, out
}

// watchedUntil is watchedLog with what stops the watch.
func watchedUntil(t *testing.T, d *disk, level slog.Level) (*slog.Logger, *lines, func()) {
	w := newDiskWatch("/var/lib/rollcall")
	w.try = d.try
	log := &lines{}
	stop := sync.OnceFunc(w.start(t.Context()))
	t.Cleanup(stop)
	return slog.New(w.around(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))), log, stop
}

// fullLine is how the line begins that says it.
const fullLine = `level=ERROR msg="the disk that holds /var/lib/rollcall is full: nothing can be stored. Nothing that was accepted is lost`

func TestAFullDiskIsSaidOnceAMinuteAndWhatComesOfItIsHeldBackAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		log, out := watchedLog(t, d, slog.LevelInfo)
		log.Error("before")
		log.Error("before")
		time.Sleep(roomTried)
		d.becomes(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
		for range 100 {
			log.With("shard", 1).Error("Operation failed with internal error.")
			log.WithGroup("part").Warn("an activity did not succeed", "error", "database or disk is full")
			log.Info("a run ended")
			time.Sleep(50 * time.Millisecond)
		}
		for text, want := range map[string]int{
			"msg=before": 2, fullLine: 1, "Operation failed with internal error.": 1, "an activity did not succeed": 1, "a run ended": 100,
			`error="write x: no space left on device"`: 1,
		} {
			if got := out.count(text); got != want {
				t.Errorf("%q is logged %d times, want %d", text, got, want)
			}
		}
		if text := out.String(); strings.Index(text, fullLine) > strings.Index(text, "Operation failed") {
			t.Error("what comes of it is logged before it")
		}
		// Nobody logs anything any more, and it is said again all the same.
		time.Sleep(3 * fullSaid)
		if got := out.count(fullLine); got != 4 {
			t.Errorf("it is said %d times in three minutes and a bit, want 4", got)
		}
		d.becomes(nil)
		time.Sleep(settledAfter / 2)
		log.Error("Operation failed with internal error.") // it takes a while to find its feet
		if got := out.count("there is room to write again"); got != 0 {
			t.Error("room is believed before it has lasted")
		}
		time.Sleep(settledAfter)
		if got := out.count(`held_back.lines=199 "held_back.of.Operation failed with internal error."=100 "held_back.of.an activity did not succeed"=99`); got != 1 ||
			out.count(`level=WARN msg="there is room to write again, and it goes on by itself" folder=/var/lib/rollcall since=`) != 1 {
			t.Errorf("that there is room again is said %d times with what was held back, want once:\n%s", got, out)
		}
		tries := d.tried()
		time.Sleep(time.Hour)
		if d.tried() != tries {
			t.Error("a disk with room is tried though nothing goes wrong")
		}
		log.Error("after")
		log.Error("after")
		if got := out.count("msg=after"); got != 2 {
			t.Errorf("with room again, %d of 2 errors are logged", got)
		}
	})
}

func TestThatThereIsRoomAgainIsSaidWhereErrorsAloneAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{err: syscall.EDQUOT}
		log, out := watchedLog(t, d, slog.LevelError)
		log.Error("something")
		d.becomes(nil)
		time.Sleep(settledAfter / 2)
		d.becomes(syscall.EDQUOT) // it was but a moment
		time.Sleep(roomTried * 2)
		d.becomes(nil)
		time.Sleep(settledAfter + 3*roomTried)
		if got := out.count(`level=WARN msg="there is room to write again`); got != 1 || out.count("is full") != 1 {
			t.Errorf("it is said %d times, want once, after what it is about:\n%s", got, out)
		}
	})
}

func TestWhatWasHeldBackIsSaidWhenItStopsWithoutRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, out, stop := watchedUntil(t, &disk{err: syscall.ENOSPC}, slog.LevelInfo)
		for range 5 {
			log.Error("something")
		}
		stop()
		if got := out.count(`held_back.lines=4 held_back.of.something=4`); got != 1 {
			t.Errorf("what was held back is said %d times, want once:\n%s", got, out)
		}
	})
}

func TestAFolderThatCannotBeWrittenForAnotherReasonIsSaidAsThat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{err: &os.PathError{Op: "open", Path: "x", Err: syscall.EROFS}}
		log, out := watchedLog(t, d, slog.LevelInfo)
		log.Error("something")
		if got := out.count("nothing can be written in /var/lib/rollcall: nothing can be stored"); got != 1 {
			t.Errorf("it is said %d times, want once:\n%s", got, out)
		}
	})
}

func TestWhetherThereIsRoomIsTriedByWritingAndNothingIsLeftOfIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := tryRoom(folder); err != nil {
		t.Errorf("a folder with room: %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := tryRoom(filepath.Join(folder, "none")); err != nil {
		t.Errorf("a folder that was not made yet: %v", err)
	}
	if err := tryRoom("/dev/full"); err == nil {
		t.Error("what is no folder has room")
	}
}
