package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// KindsOf reads a list of kinds with commas between; "all" is every kind.
func KindsOf(list string) []string {
	if list == "all" {
		return Kinds()
	}
	var kinds []string
	for _, kind := range strings.Split(list, ",") {
		if kind = strings.TrimSpace(kind); kind != "" {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Run is the sandbox as a program: it reads flags, starts, writes its
// Announcement as one line to stdout, and serves until the context ends. Asked
// for help it writes the flags to stderr and returns nil.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	opts := Options{Logger: slog.New(slog.NewTextHandler(stderr, nil))}
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&opts.People, "people", 1000, "number of people")
	flags.IntVar(&opts.Groups, "groups", 40, "number of groups")
	flags.IntVar(&opts.Memberships, "memberships", 2, "groups that a person is in")
	flags.BoolVar(&opts.Uniform, "uniform", false, "everybody active, all groups of one size")
	managed := flags.Bool("managed", true, "the accounts of the organisation's own mail domain can be managed")
	flags.DurationVar(&opts.Latency, "latency", 0, "least time that a call takes, such as 20ms")
	flags.BoolVar(&opts.PublishedLimits, "published-limits", false, "put Okta's published rate limits in force")
	flags.Int64Var(&opts.Seed, "seed", 1, "decides who the people are")
	flags.StringVar(&opts.OktaAddr, "okta-addr", "", "where Okta listens (default: a free port of 127.0.0.1)")
	flags.StringVar(&opts.AtlassianAddr, "atlassian-addr", "", "where Atlassian listens (default: a free port of 127.0.0.1)")
	targets := flags.String("targets", AtlassianCloud, "kinds of target, with commas between; all is every kind")
	logCalls := flags.Bool("log-calls", true, "keep a log of single calls; counts are kept in any case")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("sandbox: %w", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("sandbox: unexpected argument %q", flags.Arg(0))
	}
	opts.Unmanaged = !*managed
	opts.Targets = KindsOf(*targets)
	s, err := New(opts)
	if err != nil {
		return err
	}
	s.Engine.SetLogging(*logCalls)
	if err := s.Start(); err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(s.Announcement()); err != nil {
		return errors.Join(fmt.Errorf("sandbox: announce: %w", err), s.Close())
	}
	return errors.Join(s.wait(ctx), s.Close())
}
