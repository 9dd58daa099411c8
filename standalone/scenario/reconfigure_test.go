package scenario

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// reconfigure stops the worker and starts another on the same database, with
// other lines of YAML in the parts of the connection.
func (s *scenario) reconfigure(r rules) {
	s.Helper()
	s.reconfigureFor(s.Box.Announcement(), r)
}

// reconfigureFor is reconfigure with other places to read and to write to.
func (s *scenario) reconfigureFor(a sandbox.Announcement, r rules) {
	s.Helper()
	s.Worker.Stop()
	text := fmt.Sprintf("temporal: { address: %q, namespace: %s, heartbeat_timeout: 5s }\ndatabase: %q\nworker: { stop_timeout: 2s }\nconnections:\n%s",
		s.Config.Temporal.Address, s.Config.Temporal.Namespace, app.DatabaseAddress(s.Config.Database), connectionText(s.Name, a, oktaSource(a, r.Source), r))
	env := map[string]string{"OKTA_TOKEN": a.OktaToken, "ATLASSIAN_API_KEY": a.AtlassianKey}
	c, err := config.Parse("rollcall.yaml", []byte(text), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	s.no(err)
	s.Config = c
	s.start()
}

// noteText is what a run noted under a code, in words.
func (s *scenario) noteText(runID int64, code string) string {
	s.Helper()
	notes, err := s.Worker.Store.Notes(s.Context(), runID)
	s.no(err)
	for _, n := range notes {
		if n.Code == code {
			return n.Text
		}
	}
	return ""
}

// lastRun is the connection's newest run.
func (s *scenario) lastRun() int64 {
	s.Helper()
	runs, err := s.Worker.Store.Runs(s.Context(), s.Name, 1)
	s.no(err)
	if len(runs) == 0 {
		s.Fatal("there is no run")
	}
	return runs[0].ID
}
