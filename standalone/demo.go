package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// demoConnection is the connection of the demonstration.
const demoConnection = "demo"

// demoChanges is how many changes the demonstration makes between its runs:
// twenty, and fewer among few people, where the guard would hold so many.
func demoChanges(people int) int { return max(1, min(20, people/10)) }

// errDiffers means that the demonstration ended with a target that differs from
// the source.
var errDiffers = errors.New("a target differs from the Okta side")

// runDemo moves made-up people from a sandbox Okta to sandbox targets through
// real workflows, changes some of them, and moves those again. Then somebody
// joins and somebody leaves over SCIM.
func (o *options) runDemo(c *cobra.Command, dir string) (err error) {
	ctx, out := c.Context(), c.OutOrStdout()
	if dir, err = demoDir(dir); err != nil {
		return err
	}
	box, err := sandbox.New(sandbox.Options{People: o.people, Groups: o.groups, Seed: 1, Targets: sandbox.KindsOf(o.targets)})
	if err != nil {
		return &usageError{err}
	}
	if err := box.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	pushedTo, err := startPushedBox()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pushedTo.Close()) }()
	began := time.Now()
	file := filepath.Join(dir, "rollcall.yaml")
	r, err := startRollcall(ctx, place{dir, o.address, o.uiAddress}, func(address string) (*config.Config, error) {
		text, err := demoConfiguration(box, pushedTo, address)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the demonstration's configuration: %w", err)
		}
		return config.Load(file, os.LookupEnv)
	}, c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	fmt.Fprintf(out, "Started in %.1f s.\n\n", time.Since(began).Seconds())
	if err := printPlaces(c, r); err != nil {
		return err
	}
	if err := o.printSandboxes(out, box, pushedTo); err != nil {
		return err
	}
	if err := demoRun(ctx, out, r, "The first run: everybody is new."); err != nil {
		return err
	}
	changed, err := box.Change(2, demoChanges(o.people))
	if err != nil {
		return err
	}
	printChanges(out, changed)
	if err := demoRun(ctx, out, r, "The second run reads only what changed."); err != nil {
		return err
	}
	equal, err := demoCompare(out, box)
	if err != nil {
		return err
	}
	token, err := demoPush(ctx, out, r, pushedTo)
	if err != nil {
		return err
	}
	if !o.once {
		fmt.Fprintf(out, "\nPush something yourself:\n  curl -H 'Authorization: Bearer %s' -H 'Content-Type: application/scim+json' \\\n    -d '{\"userName\": \"you@%s\", \"emails\": [{\"value\": \"you@%s\"}]}' %s/Users\n",
			token, people.Domain, people.Domain, r.gateway.BaseURL(demoPushed))
		fmt.Fprintf(out, "\nLook at the runs in the Web UI: %s\nOr in another terminal:\n  go run ./starter --config %s runs\n  go run ./starter --config %s sync %s\nCtrl-C ends the demonstration.\n",
			r.server.UIURL(), file, file, demoConnection)
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
	if !equal {
		return errDiffers
	}
	return nil
}

// demoConfiguration is a configuration as an administrator would write it: each
// target has its kind for a name. The keys of a sandbox are no secrets.
func demoConfiguration(box, pushedTo *sandbox.Server, temporalAddress string) (string, error) {
	a := box.Announcement()
	var b strings.Builder
	fmt.Fprintf(&b, `temporal: { address: %q }
database: %q
worker: { listen: "127.0.0.1:0" }
scim: { listen: "127.0.0.1:0" }
log: { level: error }
connections:
  %s:
    source: { kind: okta, url: %q, token: %q }
    targets:
`, temporalAddress, "sqlite:rollcall.db", demoConnection, a.Okta, a.OktaToken)
	if err := writeTargets(&b, a.Targets); err != nil {
		return "", err
	}
	fmt.Fprintf(&b, `  %s:
    source: { kind: scim }
    targets:
`, demoPushed)
	if err := writeTargets(&b, pushedTo.Announcement().Targets); err != nil {
		return "", err
	}
	return b.String(), nil
}

func writeTargets(b *strings.Builder, targets []sandbox.AnnouncedTarget) error {
	for _, t := range targets {
		settings, err := t.Configuration(8)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "      %s:\n%s", t.Kind, settings)
	}
	return nil
}

// demoRun makes one run and prints what it did as a table.
func demoRun(ctx context.Context, out io.Writer, r *rollcall, title string) error {
	began := time.Now()
	run, err := r.worker.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "sync/" + demoConnection + "/" + began.UTC().Format("20060102T150405.000"), TaskQueue: temporal.WorkflowQueue, StaticSummary: title,
	}, workflows.SyncName, workflows.SyncInput{Connection: demoConnection, Trigger: "hand"})
	if err != nil {
		return fmt.Errorf("start a run: %w", err)
	}
	var result workflows.SyncResult
	if err := run.Get(ctx, &result); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	fmt.Fprintf(out, "%s\nRun %d: %s in %.1f s. Read %d users, %d groups, %d memberships.\n\n", title, result.RunID, result.Outcome, time.Since(began).Seconds(),
		result.Users, result.Groups, result.Members)
	counts, err := r.worker.Store.Counts(ctx, result.RunID)
	if err != nil {
		return err
	}
	return printCounts(out, r.config.Connections[demoConnection].TargetNames(), counts)
}
