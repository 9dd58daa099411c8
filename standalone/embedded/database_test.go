package embedded_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

func TestAWorkflowStartedBeforeAStopGoesOnAfterTheNextStart(t *testing.T) {
	t.Parallel()
	// The name holds what has a meaning in an SQLite URI.
	dir := filepath.Join(t.TempDir(), "what's new? 100% #1")

	s := start(t, embedded.Options{Dir: dir})
	c := dial(t, s)
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "patient", TaskQueue: taskQueue}, Patient); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}

	c = dial(t, start(t, embedded.Options{Dir: dir}))
	work(t, c)
	if err := c.SignalWorkflow(t.Context(), "patient", "", "go on", "after the stop"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := c.GetWorkflow(t.Context(), "patient", "").Get(t.Context(), &got); err != nil || got != "after the stop" {
		t.Fatalf("got %q, %v; want what was signalled", got, err)
	}
}

func TestADatabaseThatCannotBeUsedIsSetAsideAndReported(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"a file that is no database": func(t *testing.T, path string) {
			write(t, path, strings.Repeat("not a database ", 1000))
		},
		"another version's schema": func(t *testing.T, path string) {
			execute(t, path, "CREATE TABLE executions (shard_id INTEGER)")
		},
		"this version's schema without one of its indexes": func(t *testing.T, path string) {
			// A copy, since this process keeps the first file open.
			original := t.TempDir()
			if err := start(t, embedded.Options{Dir: original}).Stop(); err != nil {
				t.Fatal(err)
			}
			execute(t, filepath.Join(original, "temporal.db"), "VACUUM INTO '"+path+"'")
			execute(t, path, "DROP INDEX by_workflow_id")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			spoil(t, filepath.Join(dir, "temporal.db"))

			var log syncBuffer
			s := start(t, embedded.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			dial(t, s)

			aside, err := filepath.Glob(filepath.Join(dir, "temporal.db.unusable-*Z"))
			if err != nil || len(aside) != 1 {
				t.Fatalf("set aside: %v, %v; want one file", aside, err)
			}
			if !strings.Contains(log.String(), aside[0]) {
				t.Errorf("the log does not name %s:\n%s", aside[0], &log)
			}
		})
	}
}

func TestAnEmptyDatabaseLeftByAnInterruptedStartIsFilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "temporal.db"), "")
	dial(t, start(t, embedded.Options{Dir: dir}))
	if aside, err := filepath.Glob(filepath.Join(dir, "*unusable*")); err != nil || len(aside) != 0 {
		t.Fatalf("set aside: %v, %v; want nothing", aside, err)
	}
}

func TestASecondServerOnADirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, embedded.Options{Dir: dir})
	if _, err := embedded.Start(t.Context(), embedded.Options{Dir: dir}); !errors.Is(err, embedded.ErrDirInUse) {
		t.Fatalf("got %v, want ErrDirInUse", err)
	}
	dial(t, first)
}

func TestSearchAttributesAreMadeAlsoInANamespaceThatExists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	attributes := map[string]enumspb.IndexedValueType{"Connection": enumspb.INDEXED_VALUE_TYPE_KEYWORD}
	s := start(t, embedded.Options{Dir: dir, SearchAttributes: attributes})
	expectAttributes(t, s, attributes)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}

	attributes["Held"] = enumspb.INDEXED_VALUE_TYPE_INT
	expectAttributes(t, start(t, embedded.Options{Dir: dir, SearchAttributes: attributes}), attributes)
}

func expectAttributes(t *testing.T, s *embedded.Server, want map[string]enumspb.IndexedValueType) {
	t.Helper()
	got, err := dial(t, s).OperatorService().ListSearchAttributes(t.Context(),
		&operatorservice.ListSearchAttributesRequest{Namespace: embedded.DefaultNamespace})
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range want {
		if got.GetCustomAttributes()[name] != kind {
			t.Errorf("search attribute %s is %s, want %s", name, got.GetCustomAttributes()[name], kind)
		}
	}
}
