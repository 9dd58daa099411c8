package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/standalone/embedded"
)

// temporalCommand runs the Temporal server and its Web UI alone, for a worker
// and a command line that run beside it.
func temporalCommand() *cobra.Command {
	var address, uiAddress string
	var asJSON bool
	c := &cobra.Command{
		Use:   "temporal",
		Short: "Run the Temporal server and its Web UI alone",
		Args:  noArguments,
	}
	c.Flags().StringVar(&address, "address", embedded.DefaultFrontendAddress, "where Temporal listens; port 0 takes any free one")
	c.Flags().StringVar(&uiAddress, "ui-address", embedded.DefaultUIAddress, "where the Web UI listens; empty for none")
	c.Flags().BoolVar(&asJSON, "json", false, "print the addresses as one JSON object")
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		dir, err := c.Flags().GetString("data")
		if err != nil {
			return err
		}
		ctx := c.Context()
		disk := newDiskWatch(dir)
		defer disk.start(ctx)()
		server, err := embedded.Start(ctx, embedded.Options{
			Dir:             dir,
			FrontendAddress: address,
			UIAddress:       uiAddress,
			Logger:          slog.New(disk.around(slog.NewTextHandler(c.ErrOrStderr(), nil))),
		})
		if err != nil {
			return withFlag(err)
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		if err := printAddresses(c.OutOrStdout(), server, asJSON); err != nil {
			return fmt.Errorf("print the addresses: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-server.Failed():
			return fmt.Errorf("temporal: %w", err)
		}
	}
	return c
}

// addresses is what --json prints once the server answers.
type addresses struct {
	// Address is host:port for Temporal clients.
	Address string `json:"address"`
	// UI is the URL of the Web UI, if there is one.
	UI string `json:"ui,omitempty"`
}

func printAddresses(w io.Writer, s *embedded.Server, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(addresses{Address: s.FrontendAddress(), UI: s.UIURL()})
	}
	if _, err := fmt.Fprintf(w, "Temporal  %s\n", s.FrontendAddress()); err != nil {
		return err
	}
	if s.UIURL() == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "Web UI    %s\n", s.UIURL())
	return err
}
