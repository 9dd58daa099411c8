package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// Program is a program of an installation that takes nothing but its
// configuration: worker and scimgw.
type Program struct {
	Name, Short string
	// Work runs until the context ends, or with an error when it cannot go on.
	Work func(context.Context, Process) error
}

// Process is what a program has to work with.
type Process struct {
	Config   *config.Config
	Log      *slog.Logger
	Registry *prometheus.Registry
}

// Run reads the command line and the configuration, says what is doubtful about
// it, and works. An error is config.Problems where the configuration is wrong.
func (p Program) Run(ctx context.Context, args []string, stderr io.Writer) error {
	var path string
	c := &cobra.Command{
		Use: p.Name, Short: p.Short, Args: cobra.NoArgs, Version: Version(),
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			log := NewLogger(stderr, loaded.Log)
			for _, warning := range loaded.Warnings {
				log.Warn(warning.String())
			}
			return p.Work(c.Context(), Process{Config: loaded, Log: log, Registry: NewRegistry()})
		},
	}
	c.Flags().StringVar(&path, "config", config.DefaultPath(os.LookupEnv), "configuration file (or ROLLCALL_CONFIG)")
	c.SetArgs(args)
	return c.ExecuteContext(ctx)
}

// Until returns when the context ends, or with the error of what ended by itself.
func (p Process) Until(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
		p.Log.Info("stopping")
		return nil
	case err := <-failed:
		return err
	}
}

// NewRegistry makes a registry of metrics with those of the Go runtime and of
// the process.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// ExitCode is what a program ends with on an error: 2 where the configuration is
// wrong, or asks for nothing that the program does.
func ExitCode(err error) int {
	var problems config.Problems
	if errors.As(err, &problems) || errors.Is(err, ErrNothingPushed) {
		return 2
	}
	return 1
}
