package app

import (
	"io"
	"log/slog"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// NewLogger writes structured logs as configured.
func NewLogger(w io.Writer, c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
