package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/workflows"
)

// aRun is what a run answers while it reads and applies.
var aRun = []workflows.Progress{
	{},
	{RunID: 7, Stage: "reading the source", Users: 200},
	{RunID: 7, Stage: "reading the source", Users: 400, Groups: 3},
	{RunID: 7, Stage: "deciding", Users: 400, Groups: 3, Members: 9},
	{RunID: 7, Stage: "applying: accounts", Users: 400, Planned: 50},
	{RunID: 7, Stage: "applying: accounts", Users: 400, Planned: 50, Settled: 50},
	{RunID: 7, Stage: "done", Users: 400, Planned: 50, Settled: 50},
}

func TestWithoutATerminalEachStageIsALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{stderr: &out}
	v := p.view()
	for _, step := range aRun {
		v.show(step)
	}
	v.close()
	want := `Run 7 has begun.
Reading the source: 200 users, 0 groups, 0 memberships
Deciding: 400 users, 3 groups, 9 memberships
Applying: accounts: 0 of 50 changes
Done: 50 of 50 changes
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithJSONNothingIsShownOfProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := (&program{stderr: &out, json: true}).view()
	for _, step := range aRun {
		v.show(step)
	}
	v.say("Waiting")
	v.close()
	if out.Len() != 0 {
		t.Errorf("it shows %q", out.String())
	}
}

func TestOnATerminalABarShowsTheShareThatIsSettled(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := &bar{w: &out}
	for _, step := range aRun {
		v.show(step)
	}
	v.say("Waiting: the source.")
	v.close()
	for _, text := range []string{"Reading the source: 400 users, 3 groups", "Applying: accounts", "(0/50)", "(49/50)", "Waiting: the source.\n"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("it does not show %q: %q", text, out.String())
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines != 1 {
		t.Errorf("%d lines stay on the screen; want the one that was said: %q", lines, out.String())
	}
}

type brokenWriter struct{ writes int }

func (w *brokenWriter) Write([]byte) (int, error) {
	w.writes++
	return 0, errors.New("the terminal is gone")
}

func TestATerminalThatIsGoneIsDrawnOnNoMore(t *testing.T) {
	t.Parallel()
	w := &brokenWriter{}
	v := &bar{w: w}
	for _, step := range aRun {
		v.show(step)
	}
	before := w.writes
	for _, step := range aRun {
		v.show(step)
	}
	if w.writes != before || !v.gone {
		t.Errorf("%d more writes", w.writes-before)
	}
}
