package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// settings are what is measured, and how.
type settings struct {
	People      int `json:"people"`
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
	// Target is the kind of target that is measured.
	Target string `json:"target"`
	// Latency is the least time that a call to a stand-in takes.
	Latency         latency `json:"latency"`
	PublishedLimits bool    `json:"published_limits"`
	// Database is "sqlite" or the kind of server; its address may hold a password.
	Database string `json:"database"`
	// Repeat is how often the phases that change nothing are measured.
	Repeat int      `json:"repeat"`
	Phases []string `json:"-"`

	JSON     bool   `json:"-"`
	Keep     bool   `json:"-"`
	Programs string `json:"-"`
	// postgres is the address of a PostgreSQL server; empty means SQLite.
	postgres string
}

// latency is a duration that is written as people do: 20ms.
type latency time.Duration

func (l latency) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// parseSettings reads the command line. It returns flag.ErrHelp after having
// written the flags to stderr, and an error for what cannot be measured.
func parseSettings(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&s.People, "people", 1000, "number of people in the source")
	flags.IntVar(&s.Groups, "groups", 50, "number of groups in the source")
	flags.IntVar(&s.Memberships, "memberships", 2, "groups that each person is in")
	flags.StringVar(&s.Target, "target", sandbox.AtlassianCloud, "kind of target that is measured: "+strings.Join(sandbox.Kinds(), ", "))
	flags.DurationVar((*time.Duration)(&s.Latency), "latency", 20*time.Millisecond, "least time that a call to a stand-in takes")
	flags.BoolVar(&s.PublishedLimits, "published-limits", false, "put the vendors' published rate limits in force, and print the time that they allow")
	database := flags.String("database", "sqlite", `"sqlite", or the postgres:// address of a server on which a database is made, and dropped afterwards`)
	flags.IntVar(&s.Repeat, "repeat", 3, "how often each phase that changes nothing is measured; the median is reported")
	phases := flags.String("phases", strings.Join(phaseNames(), ","), "what is measured; the initial load always is")
	flags.BoolVar(&s.JSON, "json", false, "print one JSON object instead of a table")
	flags.BoolVar(&s.Keep, "keep", false, "keep the directory with configuration, logs and databases, and say where it is")
	flags.StringVar(&s.Programs, "programs", "", "directory that has worker and standalone, instead of building them")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
		}
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	switch {
	case s.People < 1 || s.Groups < 0 || s.Memberships < 0 || s.Latency < 0:
		return settings{}, errors.New("at least one person is needed, and no number can be negative")
	case !slices.Contains(sandbox.Kinds(), s.Target):
		return settings{}, fmt.Errorf("--target: %q is none of %s", s.Target, strings.Join(sandbox.Kinds(), ", "))
	case s.Repeat < 1:
		return settings{}, errors.New("--repeat: at least 1 is expected")
	}
	if err := s.setDatabase(*database); err != nil {
		return settings{}, err
	}
	return s, s.setPhases(strings.Split(*phases, ","))
}

func (s *settings) setDatabase(address string) error {
	switch {
	case address == "sqlite":
		s.Database = "sqlite"
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		s.Database, s.postgres = "postgres", address
	default:
		return errors.New(`--database: "sqlite" or an address that begins with postgres:// is expected`)
	}
	return nil
}

// setPhases keeps those asked for in the order in which they are run.
func (s *settings) setPhases(asked []string) error {
	for _, name := range asked {
		if !slices.Contains(phaseNames(), name) {
			return fmt.Errorf("--phases: %q is none of %s", name, strings.Join(phaseNames(), ", "))
		}
	}
	for _, name := range phaseNames() {
		if name == phaseInitial || slices.Contains(asked, name) {
			s.Phases = append(s.Phases, name)
		}
	}
	return nil
}
