package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheTailOfALogIsItsLastWholeLines(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	var seen []string
	tail := &logTail{file: &file, onLine: func(line []byte) { seen = append(seen, string(line)) }}
	var want []string
	for i := range tailLines + 5 {
		line := fmt.Sprintf("line %d", i)
		want = append(want, line)
		// Lines arrive in pieces, as pipes deliver them.
		for _, piece := range []string{line[:3], line[3:] + "\n"} {
			if _, err := tail.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := tail.Write([]byte("half a line")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[5:], tail.last()); diff != "" {
		t.Errorf("last lines, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("lines seen, -want +got:\n%s", diff)
	}
	if got := strings.Count(file.String(), "\n"); got != tailLines+5 || !strings.HasSuffix(file.String(), "half a line") {
		t.Errorf("the file has %d lines and ends in %q", got, file.String()[file.Len()-11:])
	}
}

func TestTheFirstLineOfAProgramIsPassedOnAndTheRestIsNot(t *testing.T) {
	t.Parallel()
	first := newFirstLine()
	for _, piece := range []string{`{"address":`, `"x"}` + "\nmore", "\nand more\n"} {
		if n, err := first.Write([]byte(piece)); err != nil || n != len(piece) {
			t.Fatalf("wrote %d of %d, %v", n, len(piece), err)
		}
	}
	if got := string(<-first.got); got != `{"address":"x"}` {
		t.Errorf("got %q", got)
	}
	if len(first.got) > 0 {
		t.Error("a second line was passed on")
	}
}

func TestAProgramStopsWhenAskedAndItsLogIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ready := make(chan []byte, 1)
	p, err := startProgram(t.Context(), dir, "patient", nil, nil, func(line []byte) { ready <- bytes.Clone(line) }, "/bin/sh", "-c",
		`trap 'echo asked >&2; exit 0' INT; echo started >&2; while :; do sleep 0.05; done`)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(<-ready); got != "started" {
		t.Errorf("got %q", got)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "patient.log"))
	if err != nil || string(log) != "started\nasked\n" {
		t.Errorf("the log is %q, %v", log, err)
	}
}

func TestAProgramThatEndsByItselfIsNoticed(t *testing.T) {
	t.Parallel()
	p, err := startProgram(t.Context(), t.TempDir(), "hasty", nil, nil, nil, "/bin/sh", "-c", "echo 'no such database' >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	<-p.ended
	if got := (&endedError{program: p}).Error(); got != "hasty ended: exit status 3" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"no such database"}, p.tail.last()); diff != "" {
		t.Errorf("last lines, -want +got:\n%s", diff)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stop after the end: %v", err)
	}
}
