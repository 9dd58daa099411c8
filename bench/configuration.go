package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// connection is the name of the connection that is measured.
const connection = "bench"

// configuration is the worker's: one connection with the defaults, but for
// what would measure something else. The stand-ins' limits are for Rollcall
// alone, so it may use all of them. Guard limits and the overlap of incremental
// reads would depend on how large and how young the organisation is.
func configuration(temporal string, a sandbox.Announcement, server bool) (string, error) {
	target, err := a.Targets[0].Configuration(8)
	if err != nil {
		return "", err
	}
	database := "sqlite:rollcall.db"
	if server {
		database = "${BENCH_DATABASE}"
	}
	return fmt.Sprintf(`temporal: { address: %q }
database: %q
worker: { listen: "127.0.0.1:0", stop_timeout: 2s }
log: { format: json }
connections:
  %s:
    source:
      kind: okta
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
      overlap: 0s
    targets:
      measured:
%s        rate_limit_share: 100%%
    guard: { removals_share: 100%%, removals_limit: 1000000 }
`, temporal, database, connection, a.Okta, target), nil
}

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
