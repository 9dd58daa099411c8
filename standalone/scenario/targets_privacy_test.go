package scenario

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestHistoriesOfRunsOverEveryKindHoldNothingAboutPeopleAndNoSecret(t *testing.T) {
	t.Parallel()
	var log captured
	registry := prometheus.NewRegistry()
	a := newAudit()
	s := newScenario(t, settings{People: 40, Groups: 16, Targets: sandbox.Kinds(), Front: a.listening}).on(ownServer(t, embedded.Options{}))
	s.options.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.options.Registry = registry
	a.organisation(s)
	s.start()
	var shapes []shape
	play := func(name string) {
		run, err := s.begin(t.Context(), workflows.SyncInput{AllowRemovals: true})
		s.no(err)
		first := run.GetRunID()
		s.no(run.Get(t.Context(), nil))
		shapes = append(shapes, shape{name, run.GetID(), first})
	}
	play("first")
	s.change(3, 15)
	a.organisation(s)
	for i, kind := range s.kinds() {
		s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Kind: fault.Status, Status: []int{500, 429, 503, 400}[i%4], Times: 4, After: i % 3})
		s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Method: http.MethodPost, Kind: fault.Status, Status: http.StatusForbidden, Times: 1})
	}
	play("through refusals")
	s.Box.Engine.Clear()
	play("after them")
	for _, one := range shapes {
		for _, leak := range leaksIn(t.Context(), t, a, s.Worker.Client, one, true) {
			t.Error(leak)
		}
	}
	if log.String() == "" {
		t.Fatal("nothing was logged: there is nothing to audit")
	}
	for line := range strings.Lines(log.String()) {
		for _, found := range a.find(line) {
			t.Errorf("logged %q: %s", found, line)
		}
	}
	exposition := metricsOf(t, registry)
	for _, kind := range s.kinds() {
		if !strings.Contains(exposition, `part="`+kind+`"`) {
			t.Errorf("the metrics say nothing about calls of %s", kind)
		}
	}
	for _, found := range a.find(exposition) {
		t.Errorf("the metrics hold %q", found)
	}
}
