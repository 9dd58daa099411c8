package embedded

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.temporal.io/server/common/log/tag"
)

func TestTheLoggerPassesErrorsOnlyAndNoneWhileStopping(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l := newServerLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	with := l.With(tag.NewStringTag("shard", "1"))
	sdk := l.SLog().With("worker", "system")

	with.Debug("noise")
	with.Info("noise")
	with.Warn("noise")
	sdk.Warn("noise")
	with.Error("disk full", tag.Error(errors.New("no space")))
	sdk.Error("poll refused")
	l.quieten()
	with.Error("noise")
	sdk.Error("noise")

	if strings.Contains(log.String(), "noise") {
		t.Errorf("logged too much:\n%s", &log)
	}
	for _, want := range []string{"disk full", "shard=1", "no space", "poll refused", "worker=system"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &log)
		}
	}
}

func TestAFatalErrorEndsTheGoroutineAndIsReportedOnce(t *testing.T) {
	t.Parallel()
	l := newServerLogger(slog.New(slog.DiscardHandler))
	first := errors.New("address in use")
	for _, cause := range []error{first, errors.New("a consequence")} {
		ended, returned := make(chan struct{}), false
		go func() {
			defer close(ended)
			l.Fatal("cannot listen", tag.Error(cause))
			returned = true
		}()
		<-ended
		if returned {
			t.Error("Fatal returned")
		}
	}
	if err := <-l.fatal; !errors.Is(err, first) || !strings.Contains(err.Error(), "cannot listen") {
		t.Errorf("reported %v, want the first error", err)
	}
	select {
	case err := <-l.fatal:
		t.Errorf("reported a second error: %v", err)
	default:
	}
}
