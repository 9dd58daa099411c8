package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// options are the flags of the command without a subcommand.
type options struct {
	config    string
	address   string
	uiAddress string
	demo      bool
	once      bool
	people    int
	groups    int
	targets   string
}

func (o *options) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.config, "config", config.DefaultPath(os.LookupEnv), "configuration file (or ROLLCALL_CONFIG)")
	f.StringVar(&o.address, "address", embedded.DefaultFrontendAddress, "where Temporal listens; port 0 takes any free one")
	f.StringVar(&o.uiAddress, "ui-address", embedded.DefaultUIAddress, "where the Web UI listens; empty for none")
	f.BoolVar(&o.demo, "demo", false, "show it with made-up people, a sandbox Okta and sandbox targets")
	f.BoolVar(&o.once, "once", false, "with --demo: exit when the runs are done, 0 only if every target equals the source")
	f.IntVar(&o.people, "people", 1000, "with --demo: how many people")
	f.IntVar(&o.groups, "groups", 40, "with --demo: how many groups")
	f.StringVar(&o.targets, "targets", sandbox.AtlassianCloud, "with --demo: kinds of target with commas between, or all: "+strings.Join(sandbox.Kinds(), ", "))
}

func (o *options) run(c *cobra.Command) error {
	if !o.demo {
		for _, name := range []string{"once", "people", "groups", "targets"} {
			if c.Flags().Changed(name) {
				return &usageError{fmt.Errorf("--%s goes with --demo", name)}
			}
		}
	}
	dir, err := c.Flags().GetString("data")
	if err != nil {
		return err
	}
	if o.demo {
		return o.runDemo(c, dir)
	}
	return o.serve(c, dir)
}

// serve runs the configured connections until the context ends.
func (o *options) serve(c *cobra.Command, dir string) (err error) {
	ctx := c.Context()
	// What is wrong with the configuration is said before anything starts.
	loaded, err := config.Load(o.config, os.LookupEnv)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return &usageError{fmt.Errorf("%w; write one (see README.md, \"Your own people\"), or look at the demonstration with --demo", err)}
		}
		return &usageError{err}
	}
	for _, warning := range loaded.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), "warning:", warning)
	}
	r, err := startRollcall(ctx, place{dir, o.address, o.uiAddress}, func(string) (*config.Config, error) { return loaded, nil }, c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := printPlaces(c, r); err != nil {
		return err
	}
	return r.wait(ctx)
}

func printPlaces(c *cobra.Command, r *rollcall) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Temporal  %s\nWeb UI    %s\nMetrics   http://%s/metrics\nDatabase  %s\n",
		r.server.FrontendAddress(), r.server.UIURL(), r.operations.Address(), r.database())
	for _, name := range r.config.PushedNames() {
		fmt.Fprintf(&b, "SCIM      %s\n", r.gateway.BaseURL(name))
	}
	_, err := io.WriteString(c.OutOrStdout(), b.String())
	return err
}

// demoDir is a fresh directory for a demonstration: its state belongs to a
// sandbox that ends with it.
func demoDir(dir string) (string, error) {
	dir = filepath.Join(dir, "demo")
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("remove the state of the last demonstration: %w", err)
	}
	return dir, nil
}
