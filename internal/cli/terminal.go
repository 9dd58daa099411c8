package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// yesFlag adds --yes to a command that asks before it does something.
func yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVarP(yes, "yes", "y", false, "do not ask; needed where nobody is at a terminal")
}

// confirm asks the person at the terminal for a yes, unless one was given on
// the command line. What was printed before is on the screen by then. Where
// nobody can answer, it fails as wrong usage; a no fails too.
func (p *program) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if p.json || p.csv || !p.attended() {
		return &failure{code: ExitUsage, err: errors.New("this asks for a yes, and nobody is at a terminal to give it"), next: "add --yes, once you know what it does."}
	}
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	fmt.Fprintf(p.stderr, "%s [y/N] ", question)
	answered := make(chan string, 1)
	go func() {
		// A reader that ends without an answer has said no.
		line, _ := bufio.NewReader(p.stdin).ReadString('\n')
		answered <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.stderr)
		return &failure{code: ExitInterrupted, err: errors.New("interrupted; nothing was done")}
	case line := <-answered:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
	}
	return &failure{code: ExitFailed, err: errors.New("not confirmed; nothing was done")}
}
