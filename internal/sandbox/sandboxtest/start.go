// Package sandboxtest starts a sandbox for a test.
package sandboxtest

import (
	"log/slog"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// Start starts a sandbox that is closed when the test ends. It logs nothing
// unless the options have a logger.
func Start(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	box, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}
