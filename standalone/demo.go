package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// demoConnection is the connection of the demonstration.
const demoConnection = "demo"

// demoChanges is how many changes the demonstration makes between its runs:
// twenty, and fewer among few people, where the guard would hold so many.
func demoChanges(people int) int { return max(1, min(20, people/10)) }

// errDiffers means that the demonstration ended with two sides that differ.
var errDiffers = errors.New("the Atlassian side differs from the Okta side")

// runDemo moves made-up people from a sandbox Okta to a sandbox Atlassian
// through real workflows, changes some of them, and moves those again. Then
// somebody joins and somebody leaves over SCIM.
func (o *options) runDemo(c *cobra.Command, dir string) (err error) {
	ctx, out := c.Context(), c.OutOrStdout()
	if dir, err = demoDir(dir); err != nil {
		return err
	}
	box, err := sandbox.New(sandbox.Options{People: o.people, Groups: o.groups, Seed: 1})
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
		if err := os.WriteFile(file, []byte(demoConfiguration(box, pushedTo, address)), 0o600); err != nil {
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
	fmt.Fprintf(out, "Okta      %s (a sandbox: %d people, %d groups)\nAtlassian %s (a sandbox: empty but for its administrators)\n          %s (another, for what is pushed)\n\n",
		box.OktaURL(), o.people, o.groups, box.AtlassianURL(), pushedTo.AtlassianURL())

	if err := demoRun(ctx, out, r, "The first run: everybody is new."); err != nil {
		return err
	}
	changed, err := box.Change(2, demoChanges(o.people))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d things change in Okta:", len(changed))
	kinds := map[string]int{}
	var order []string
	for _, one := range changed {
		if kinds[string(one.Kind)] == 0 {
			order = append(order, string(one.Kind))
		}
		kinds[string(one.Kind)]++
	}
	for i, kind := range order {
		if i > 0 {
			fmt.Fprint(out, ",")
		}
		fmt.Fprintf(out, " %d × %s", kinds[kind], kind)
	}
	fmt.Fprint(out, ".\n\n")
	if err := demoRun(ctx, out, r, "The second run reads only what changed."); err != nil {
		return err
	}
	report := box.Compare(compare.Options{GroupTypes: sandbox.OwnGroups()})
	fmt.Fprintf(out, "Compared object by object, from the sandboxes' own state:\n%s\n", report)
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
	if !report.Equal() {
		return errDiffers
	}
	return nil
}

// demoConfiguration is a configuration as an administrator would write it.
// The keys of a sandbox are no secrets.
func demoConfiguration(box, pushedTo *sandbox.Server, temporalAddress string) string {
	a, b := box.Announcement(), pushedTo.Announcement()
	return fmt.Sprintf(`temporal: { address: %q }
database: %q
worker: { listen: "127.0.0.1:0" }
scim: { listen: "127.0.0.1:0" }
log: { level: error }
connections:
  %s:
    source: { kind: okta, url: %q, token: %q }
    targets:
      cloud:
        kind: atlassian-cloud
        url: %q
        organization: %q
        directory: %q
        api_key: %q
        products: { jira: user, confluence: user }
  %s:
    source: { kind: scim }
    targets:
      cloud:
        kind: atlassian-cloud
        url: %q
        organization: %q
        directory: %q
        api_key: %q
        products: { jira: user }
`, temporalAddress, "sqlite:rollcall.db", demoConnection, a.Okta, a.OktaToken, a.Atlassian, a.Organization, a.Directory, a.AtlassianKey,
		demoPushed, b.Atlassian, b.Organization, b.Directory, b.AtlassianKey)
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
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  change\toutcome\tcount\twhy")
	for _, n := range counts {
		fmt.Fprintf(table, "  %s\t%s\t%d\t%s\n", n.Kind, n.State, n.Count, n.Class)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return nil
}
