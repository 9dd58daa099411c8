package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/app"
)

func TestTheWorkerSaysWhatIsWrongWithItsConfigurationBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rollcall.yaml")
	if err := os.WriteFile(file, []byte("temporal: { adress: localhost:7233 }\nconnections: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	err := Run(context.Background(), []string{"--config", file}, &stderr)
	if err == nil || !strings.Contains(err.Error(), file+":1:") || !strings.Contains(err.Error(), "address") {
		t.Errorf("got %v, want the line and what was expected", err)
	}
	if code := app.ExitCode(err); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
}

func TestAConfigurationThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	err := Run(context.Background(), []string{"--config", filepath.Join(t.TempDir(), "none.yaml")}, &stderr)
	if err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("got %v, want the name of the file", err)
	}
}
