// Package cli is the operator's command line: one file a command. Results go
// to standard output, progress and errors to standard error.
package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
)

const about = `Rollcall keeps the people and groups of Atlassian products in step with an
identity provider. This is its command line; the work is done by the worker.

Exit codes:
    0  done
    1  failed
    2  wrong usage or configuration
    3  done, with some changes failed or held
  130  interrupted; a run that was started goes on by itself

The configuration is the file named by --config or ROLLCALL_CONFIG, else
rollcall.yaml in the working directory.`

// program is one call of the command line.
type program struct {
	env   func(string) (string, bool)
	stdin io.Reader
	// out is standard output; what goes wrong in writing it is found by Flush.
	out    *bufio.Writer
	stderr io.Writer
	now    func() time.Time
	// attended is whether somebody is there to answer a question.
	attended func() bool

	config string
	json   bool
	csv    bool
}

// Run runs the command that args name until it is done or the context ends.
// Questions are asked on stderr and answered on stdin, when both are a
// terminal. Environment variables come from env, in the manner of os.LookupEnv. What
// went wrong is printed to stderr and returned; ExitCode turns it into the
// exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) error {
	p := &program{env: env, stdin: stdin, out: bufio.NewWriter(stdout), stderr: stderr, now: time.Now}
	p.attended = func() bool { return isTerminal(p.stdin) && isTerminal(p.stderr) }
	root := p.root()
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if flushErr := p.out.Flush(); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("write the result: %w", flushErr))
	}
	if err != nil && ctx.Err() != nil && ExitCode(err) == ExitFailed {
		err = &failure{code: ExitInterrupted, err: errors.New("interrupted")}
	}
	if err != nil {
		p.printError(err)
	}
	return err
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use: "rollcall", Short: "Keep Atlassian products in step with an identity provider", Long: about,
		SilenceErrors: true, SilenceUsage: true,
		Args:              unknownCommand,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return p.oneFormat() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage("%w; see %s --help", err, c.CommandPath()) })
	root.PersistentFlags().StringVar(&p.config, "config", config.DefaultPath(p.env), "configuration file (or ROLLCALL_CONFIG)")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print one JSON object or array")
	root.AddCommand(p.validateCommand(), p.checkCommand(), p.planCommand(), p.syncCommand(), p.runsCommand(), p.runCommand(),
		p.heldCommand(), p.approveCommand(), p.rejectCommand(), p.quarantineCommand(), p.undoCommand(),
		p.explainCommand(), p.leaversCommand(), p.linkCommand(), p.accountsCommand(), p.auditCommand(), p.eraseCommand(),
		p.scheduleCommand(), p.notifyCommand(), p.tokenCommand(), p.scimCommand(), p.versionCommand())
	return root
}

// csvFlag adds --csv to a command whose result is rows.
func (p *program) csvFlag(c *cobra.Command, rows string) {
	c.Flags().BoolVar(&p.csv, "csv", false, "print "+rows+" as CSV, with a line of headings")
}

func (p *program) oneFormat() error {
	if p.json && p.csv {
		return usage("--json and --csv exclude each other")
	}
	return nil
}

// unknownCommand is the Args of a command that only holds others.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	// cobra sets the distance only where it looks for itself.
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return usage("unknown command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return usage("unknown command %q; see %s --help", args[0], c.CommandPath())
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("unexpected argument %q; see %s --help", args[0], c.CommandPath())
	}
	return nil
}

// oneArgument is the Args of a command that needs the thing named.
func oneArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage("expected one argument, %s; see %s --help", what, c.CommandPath())
		}
		return nil
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this build", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if p.json {
				return p.printJSON(struct {
					Version string `json:"version"`
				}{app.Version()})
			}
			p.printf("rollcall %s\n", app.Version())
			return nil
		},
	}
}
