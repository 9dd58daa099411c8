package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// atTerminal is a program whose stdin is a person at a terminal.
func atTerminal(stdin io.Reader) (p *program, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &program{stdin: stdin, out: bufio.NewWriter(stdout), stderr: stderr, attended: func() bool { return true }}, stdout, stderr
}

func TestAQuestionIsAnsweredByYesAndByNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		code   int
	}{
		"yes in full":                     {"yes\n", ExitDone},
		"y":                               {"y\n", ExitDone},
		"Y with blanks":                   {"  Y \n", ExitDone},
		"no":                              {"n\n", ExitFailed},
		"an empty line, which is no":      {"\n", ExitFailed},
		"the end of input, which is no":   {"", ExitFailed},
		"a word that only begins with it": {"yesterday\n", ExitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, stdout, stderr := atTerminal(strings.NewReader(c.answer))
			p.printf("the summary\n")
			if code := ExitCode(p.confirm(t.Context(), false, "Do it?")); code != c.code {
				t.Errorf("exit code %d; want %d", code, c.code)
			}
			if stdout.String() != "the summary\n" || stderr.String() != "Do it? [y/N] " {
				t.Errorf("the screen has %q and %q; want the summary and the question", stdout, stderr)
			}
		})
	}
}

func TestWhereNobodyCanAnswerAQuestionItIsNotAsked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*program){
		"without a terminal": func(p *program) { p.attended = func() bool { return false } },
		"with --json":        func(p *program) { p.json = true },
		"with --csv":         func(p *program) { p.csv = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _, stderr := atTerminal(strings.NewReader("yes\n"))
			change(p)
			if code := ExitCode(p.confirm(t.Context(), false, "Do it?")); code != ExitUsage || stderr.Len() > 0 {
				t.Errorf("exit code %d and %q; want %d and no question", code, stderr, ExitUsage)
			}
			if err := p.confirm(t.Context(), true, "Do it?"); err != nil {
				t.Errorf("--yes is not taken: %v", err)
			}
		})
	}
}

func TestAnInterruptAnswersAQuestion(t *testing.T) {
	t.Parallel()
	never, typing := io.Pipe()
	t.Cleanup(func() {
		if err := typing.Close(); err != nil {
			t.Error(err)
		}
	})
	p, _, _ := atTerminal(never)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if code := ExitCode(p.confirm(ctx, false, "Do it?")); code != ExitInterrupted {
		t.Errorf("exit code %d; want %d", code, ExitInterrupted)
	}
}
