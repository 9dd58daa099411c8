package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// Announcement is the line of JSON by which Run says where the sandbox is and
// how to use it.
type Announcement struct {
	Okta         string `json:"okta"`
	Atlassian    string `json:"atlassian"`
	OktaToken    string `json:"okta_token"`
	AtlassianKey string `json:"atlassian_key"`
	Organization string `json:"organization"`
	Directory    string `json:"directory"`
	AppID        string `json:"app_id"`
}

// Announcement says where a started sandbox is and how to use it.
func (s *Server) Announcement() Announcement {
	return Announcement{
		Okta: s.OktaURL(), Atlassian: s.AtlassianURL(),
		OktaToken: s.opts.OktaToken, AtlassianKey: s.Atlassian.APIKey(),
		Organization: s.Atlassian.OrgID(), Directory: s.Atlassian.DirectoryID(),
		AppID: s.Okta.AppID(),
	}
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
