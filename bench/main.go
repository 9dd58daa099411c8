// Command bench measures whole runs: it starts the Temporal server, the worker
// and the stand-ins of Okta and Atlassian as processes of their own, makes the
// runs that every installation makes, and prints what each took. With "scim" it
// measures the gateway.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitCode(err))
	}
}

// sandboxCommand is the argument with which bench runs itself as the stand-ins.
const sandboxCommand = "sandbox"

// scimCommand is the argument that asks for the gateway's figures.
const scimCommand = "scim"

// usageError is a command line that makes no sense; the exit code tells it
// from a failure.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// exitCode is 2 for wrong usage and 1 for any other error.
func exitCode(err error) int {
	var usage *usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// Run is the program. It returns an error when something could not be
// measured, and when the target was not equal to the source after a phase.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == sandboxCommand {
		return sandbox.Run(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == bareCommand {
		return runBare(ctx, args[1:], stdout)
	}
	if len(args) > 0 && args[0] == scimCommand {
		return runScim(ctx, args[1:], stdout, stderr)
	}
	settings, err := parseSettings(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return &usageError{err}
	}
	report, err := measure(ctx, settings, stderr)
	if err != nil {
		return err
	}
	if err := report.write(stdout, settings.JSON); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return report.verdict()
}

// runScim is the program when it is asked for the gateway's figures.
func runScim(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parseScimSettings(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return &usageError{err}
	}
	report, err := measureScim(ctx, settings, stderr)
	if err != nil {
		return err
	}
	if err := report.write(stdout); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// measure starts everything, makes the runs, and leaves nothing behind.
func measure(ctx context.Context, s settings, stderr io.Writer) (_ report, err error) {
	r, err := newRig(ctx, s, stderr)
	if err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.start(); err != nil {
		return report{}, r.explain(err)
	}
	phases, err := r.run()
	if err != nil {
		return report{}, r.explain(err)
	}
	return report{Settings: s, Phases: phases}, nil
}
