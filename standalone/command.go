package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// defaultDir is where state is kept unless --data says otherwise.
const defaultDir = "rollcall-data"

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

// Run is the program: it runs the command that args name until that is done or
// the context ends.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use:           "standalone",
		Short:         "Rollcall with an embedded Temporal server, in one process",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
	}
	var o options
	o.register(root)
	root.RunE = func(c *cobra.Command, _ []string) error { return o.run(c) }
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.PersistentFlags().String("data", defaultDir, "directory that keeps the state")
	root.AddCommand(temporalCommand())
	return root.ExecuteContext(ctx)
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("unknown argument %q; see %s --help", args[0], c.CommandPath())}
	}
	return nil
}

// withFlag adds the flag that helps to an address or a directory that is taken.
func withFlag(err error) error {
	if errors.Is(err, embedded.ErrDirInUse) {
		return fmt.Errorf("%w; stop that process, or choose another directory with --data", err)
	}
	var inUse *embedded.AddressInUseError
	if !errors.As(err, &inUse) {
		return err
	}
	flag := "--address"
	if inUse.Service == embedded.WebUIService {
		flag = "--ui-address"
	}
	return fmt.Errorf("%w; stop what listens there, or choose another address with %s (port 0 takes any free one)", err, flag)
}
