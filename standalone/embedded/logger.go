package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// serverLogger passes Temporal's errors to slog. Below that level Temporal
// writes hundreds of lines at each start, and while it stops it reports as
// errors that its parts no longer reach each other.
type serverLogger struct {
	slog     *slog.Logger
	stopping *atomic.Bool
	fatal    chan error
}

var (
	_ log.Logger      = (*serverLogger)(nil)
	_ log.WithLogger  = (*serverLogger)(nil)
	_ log.SLogWrapper = (*serverLogger)(nil)
)

func newServerLogger(l *slog.Logger) *serverLogger {
	return &serverLogger{
		slog:     l.With("component", "temporal-server"),
		stopping: new(atomic.Bool),
		fatal:    make(chan error, 1),
	}
}

func (l *serverLogger) quieten() { l.stopping.Store(true) }

func (l *serverLogger) Debug(string, ...tag.Tag) {}
func (l *serverLogger) Info(string, ...tag.Tag)  {}
func (l *serverLogger) Warn(string, ...tag.Tag)  {}

func (l *serverLogger) Error(msg string, tags ...tag.Tag) {
	if l.stopping.Load() {
		return
	}
	l.slog.Error(msg, attributes(tags)...)
}

// DPanic means "panic in development"; in production it is an error.
func (l *serverLogger) DPanic(msg string, tags ...tag.Tag) { l.Error(msg, tags...) }

func (l *serverLogger) Panic(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	panic(fatalError(msg, tags))
}

// Fatal must not return, and must not take the process with it: main decides.
// So the goroutine ends and the error goes to Server.Failed.
func (l *serverLogger) Fatal(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	select {
	case l.fatal <- fatalError(msg, tags):
	default: // The first reason is the one that counts.
	}
	runtime.Goexit()
}

// With returns a logger that adds the tags to every line.
func (l *serverLogger) With(tags ...tag.Tag) log.Logger {
	with := *l
	with.slog = l.slog.With(attributes(tags)...)
	return &with
}

// SLog is what the SDK client inside the server logs to.
func (l *serverLogger) SLog() *slog.Logger {
	return slog.New(errorsOnly{Handler: l.slog.Handler(), stopping: l.stopping})
}

func attributes(tags []tag.Tag) []any {
	attrs := make([]any, 0, len(tags))
	for _, t := range tags {
		attrs = append(attrs, slog.Any(t.Key(), t.Value()))
	}
	return attrs
}

func fatalError(msg string, tags []tag.Tag) error {
	for _, t := range tags {
		// A tag's Value is text; only the field keeps the error itself.
		if t, ok := t.(tag.ZapTag); ok {
			if err, ok := t.Field().Interface.(error); ok {
				return fmt.Errorf("%s: %w", msg, err)
			}
		}
	}
	return errors.New(msg)
}

type errorsOnly struct {
	slog.Handler
	stopping *atomic.Bool
}

func (h errorsOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && !h.stopping.Load() && h.Handler.Enabled(ctx, level)
}

func (h errorsOnly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return errorsOnly{Handler: h.Handler.WithAttrs(attrs), stopping: h.stopping}
}

func (h errorsOnly) WithGroup(name string) slog.Handler {
	return errorsOnly{Handler: h.Handler.WithGroup(name), stopping: h.stopping}
}
