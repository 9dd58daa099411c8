package scenario

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// connectionName makes a valid name of its own from a test's name, with room
// for "-b" (a name has at most 40 characters).
func connectionName(t *testing.T) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	return strings.Trim(name[max(0, len(name)-38):], "-")
}

// testLogger logs to the test, which shows it when the test fails.
func testLogger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// explain logs what a run did.
func (s *scenario) explain(r workflows.SyncResult) {
	s.Helper()
	counts, err := s.Worker.Store.Counts(s.Context(), r.RunID)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range counts {
		s.Logf("%+v", c)
	}
	notes, err := s.Worker.Store.Notes(s.Context(), r.RunID)
	if err != nil {
		s.Fatal(err)
	}
	for _, n := range notes {
		s.Logf("note: %+v", n)
	}
	shown := 0
	for c, err := range s.Worker.Store.Changes(s.Context(), r.RunID, store.ChangeFilter{States: []string{"failed", "refused", "blocked", "retry", "planned"}}) {
		if err != nil {
			s.Fatal(err)
		}
		if shown++; shown > 8 {
			s.Log("… and more")
			return
		}
		s.Logf("%+v", c)
	}
}
