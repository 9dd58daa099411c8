package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
)

// notifyWithin is how long a test message may take: as long as a person waits
// for an answer.
const notifyWithin = 30 * time.Second

func (p *program) notifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "notify", Short: "Try the notifications out", Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "test [NAME]", Short: "Send a test message to one of the configured notifications, or to all", Args: atMostOne("the name of a notification"),
		RunE: func(c *cobra.Command, args []string) error { return p.notifyTest(c.Context(), args) },
	})
	return c
}

// delivered is what became of a test message.
type delivered struct {
	Name  string          `json:"name"`
	Sent  bool            `json:"sent"`
	Class directory.Class `json:"class,omitempty"`
	Error string          `json:"error,omitempty"`
}

func (p *program) notifyTest(ctx context.Context, args []string) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	notifier, err := app.Notifier(c)
	if err != nil {
		return &failure{code: ExitUsage, err: fmt.Errorf("make the notifications of %s: %w", c.File, err)}
	}
	names := notifier.Names()
	if len(names) == 0 {
		return &failure{code: ExitUsage, err: fmt.Errorf("%s configures no notifications", c.File), next: "docs/notifications.md shows how; rollcall.example.yaml has one of each kind."}
	}
	if len(args) == 1 {
		if !slices.Contains(names, args[0]) {
			return usage("notification %q is not configured; the configuration has %s", args[0], strings.Join(names, ", "))
		}
		names = args
	}
	payload, err := notify.Test(p.now()).Encode()
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	all := []delivered{}
	for _, name := range names {
		all = append(all, deliver(ctx, notifier, name, payload))
	}
	return p.printDelivered(all)
}

func deliver(ctx context.Context, n *notify.Notifier, name string, payload []byte) delivered {
	ctx, cancel := context.WithTimeout(ctx, notifyWithin)
	defer cancel()
	if err := n.Deliver(ctx, name, payload); err != nil {
		text := err.Error()
		if detail := directory.DetailOf(err); detail != "" {
			text += ": " + detail
		}
		return delivered{Name: name, Class: directory.ClassOf(err), Error: text}
	}
	return delivered{Name: name, Sent: true}
}

func (p *program) printDelivered(all []delivered) error {
	var failed []string
	for _, d := range all {
		if !d.Sent {
			failed = append(failed, d.Name)
		}
		if p.json {
			continue
		}
		if d.Sent {
			p.printf("%s: sent\n", d.Name)
		} else {
			p.printf("%s: %s\n", d.Name, plain(d.Error))
		}
	}
	if p.json {
		if err := p.printJSON(all); err != nil {
			return err
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &failure{code: ExitFailed, err: errors.New("not sent: " + strings.Join(failed, ", ")), next: "see the address and the secret under notifications in the configuration."}
}
