package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/rollcall-sync/rollcall/workflows"
)

// view shows where a run stands while it is followed.
type view interface {
	show(workflows.Progress)
	// say shows a line that stays.
	say(line string)
	close()
}

// view is a bar on a terminal, lines elsewhere, and nothing for a program
// that reads the result.
func (p *program) view() view {
	switch {
	case p.json:
		return silent{}
	case isTerminal(p.stderr):
		return &bar{w: p.stderr}
	}
	return &lines{w: p.stderr}
}

// isTerminal says whether a stream is one that a person sits at.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

type silent struct{}

func (silent) show(workflows.Progress) {}
func (silent) say(string)              {}
func (silent) close()                  {}

// lines prints a line when a stage begins.
type lines struct {
	w     io.Writer
	stage string
	runID int64
}

func (l *lines) show(p workflows.Progress) {
	if p.RunID != l.runID {
		l.runID = p.RunID
		l.say(fmt.Sprintf("Run %d has begun.", p.RunID))
	}
	if p.Stage == l.stage || p.Stage == "" {
		return
	}
	l.stage = p.Stage
	l.say(describe(p))
}

func (l *lines) say(line string) { fmt.Fprintln(l.w, line) }
func (l *lines) close()          {}

// describe is a stage with what is known so far.
func describe(p workflows.Progress) string {
	text := strings.ToUpper(p.Stage[:1]) + p.Stage[1:]
	if p.Planned > 0 {
		return fmt.Sprintf("%s: %d of %d changes", text, p.Settled, p.Planned)
	}
	if p.Users+p.Groups+p.Members > 0 {
		return fmt.Sprintf("%s: %d users, %d groups, %d memberships", text, p.Users, p.Groups, p.Members)
	}
	return text
}

// bar draws one line and draws it again: a spinner while it is not known how
// much there is, a bar while changes are made.
type bar struct {
	w       io.Writer
	drawn   *progressbar.ProgressBar
	planned int64
	gone    bool
}

// barWidth leaves room on a line of 80 for the stage and the counts.
const barWidth = 24

func (b *bar) show(p workflows.Progress) {
	if p.Stage == "" || b.gone {
		return
	}
	if b.drawn == nil || p.Planned != b.planned {
		b.close()
		b.planned = p.Planned
		b.drawn = b.make(p.Planned)
	}
	if p.Planned == 0 {
		b.drawn.Describe(describe(p))
		b.drew(b.drawn.Add(1)) // turns the spinner
		return
	}
	b.drawn.Describe(strings.ToUpper(p.Stage[:1]) + p.Stage[1:])
	// One that is full would end its line; the run may have more to do.
	b.drew(b.drawn.Set64(min(p.Settled, p.Planned-1)))
}

func (b *bar) make(planned int64) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(b.w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionUseANSICodes(true), progressbar.OptionSetRenderBlankState(true), progressbar.OptionSetElapsedTime(true),
	}
	if planned == 0 {
		// The library's own turning of the spinner would outlive the bar.
		return progressbar.NewOptions64(-1, append(options, progressbar.OptionSpinnerType(14), progressbar.OptionSetSpinnerChangeInterval(0))...)
	}
	return progressbar.NewOptions64(planned, append(options, progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true))...)
}

func (b *bar) say(line string) {
	b.close()
	fmt.Fprintln(b.w, line)
}

func (b *bar) close() {
	if b.drawn != nil {
		b.drew(b.drawn.Finish()) // which clears the line
		b.drawn = nil
	}
}

// drew takes what drawing came to: a terminal that is gone is drawn on no
// more, and the run is followed to its end all the same.
func (b *bar) drew(err error) { b.gone = b.gone || err != nil }
