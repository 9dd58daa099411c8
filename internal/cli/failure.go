package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// The exit codes, as `rollcall --help` lists them.
const (
	ExitDone   = 0
	ExitFailed = 1
	// ExitUsage is a command line or a configuration that is wrong.
	ExitUsage = 2
	// ExitPartial is a run that is done and in which changes failed or were held.
	ExitPartial = 3
	// ExitInterrupted is what shells give for an interrupt: 128 and the signal's number.
	ExitInterrupted = 130
)

// failure is an error with its exit code and what to do next.
type failure struct {
	code int
	err  error
	next string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usage is a command line that makes no sense.
func usage(format string, args ...any) error {
	return &failure{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// ExitCode is the exit code for what Run returned.
func ExitCode(err error) int {
	var f *failure
	var problems config.Problems
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &problems):
		return ExitUsage
	}
	return ExitFailed
}

// printError says what went wrong and what to do next; with --json as one
// object on a line.
func (p *program) printError(err error) {
	next := ""
	var f *failure
	if errors.As(err, &f) {
		next = f.next
	}
	if p.json {
		// Strings and a number always encode.
		line, _ := json.Marshal(struct {
			Error string `json:"error"`
			Exit  int    `json:"exit"`
			Next  string `json:"next,omitempty"`
		}{err.Error(), ExitCode(err), next})
		fmt.Fprintf(p.stderr, "%s\n", line)
		return
	}
	fmt.Fprintf(p.stderr, "rollcall: %v\n", err)
	if next != "" {
		fmt.Fprintf(p.stderr, "Next: %s\n", next)
	}
}
