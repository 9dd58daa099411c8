package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The operations of a gateway, in the order in which they are measured.
const (
	operationGet        = "get"
	operationFilter     = "filter"
	operationPage       = "page"
	operationPatch      = "patch"
	operationPost       = "post"
	operationGroupSmall = "group-patch-1000"
	operationGroupLarge = "group-patch-100000"
	operationPush       = "push-applied"
	operationPushBusy   = "push-applied-busy"
	// operationBare is what a reader of one row could do at most.
	operationBare = "bare-select"
)

func operationNames() []string {
	return []string{operationBare, operationGet, operationFilter, operationPage, operationPatch, operationPost,
		operationGroupSmall, operationGroupLarge, operationPush, operationPushBusy}
}

// scimSettings are what is measured of a gateway, and how.
type scimSettings struct {
	// server is the address of a PostgreSQL server; empty with postgres means
	// a private one, made for the measurement.
	postgres bool
	server   string

	users, connections, repeat int
	seconds                    float64
	operations                 []string

	json, keep bool
	programs   string
}

// parseScimSettings reads the command line after "scim", as parseSettings
// does that of whole runs.
func parseScimSettings(args []string, stderr io.Writer) (scimSettings, error) {
	var s scimSettings
	flags := flag.NewFlagSet("bench scim", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	database := flags.String("db", "sqlite", `"sqlite", "postgres" for a private server of this measurement's own, or the postgres:// address of a server on which a database is made, and dropped afterwards`)
	flags.IntVar(&s.users, "users", 10_000, "number of users in the gateway, and of people in the run that goes on beside")
	flags.Float64Var(&s.seconds, "seconds", 5, "how long each operation is measured, each time")
	flags.IntVar(&s.repeat, "repeat", 3, "how often each operation is measured; the median is reported")
	flags.IntVar(&s.connections, "connections", 8, "connections at a time; a group's members are changed over one, as identity providers do")
	operations := flags.String("operations", strings.Join(operationNames(), ","), "what is measured; "+operationBare+" is of PostgreSQL only")
	flags.BoolVar(&s.json, "json", false, "print one JSON object instead of a table")
	flags.BoolVar(&s.keep, "keep", false, "keep the directory with configuration, logs and databases, and say where it is")
	flags.StringVar(&s.programs, "programs", "", "directory that has the programs, instead of building them")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
		}
		return scimSettings{}, err
	}
	switch {
	case flags.NArg() > 0:
		return scimSettings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.users < leastUsers:
		return scimSettings{}, fmt.Errorf("--users: at least %d are needed", leastUsers)
	case s.seconds <= 0 || s.repeat < 1 || s.connections < 1:
		return scimSettings{}, errors.New("--seconds, --repeat and --connections: more than nothing is needed")
	case *database == "sqlite":
	case *database == "postgres":
		s.postgres = true
	case strings.HasPrefix(*database, "postgres://"), strings.HasPrefix(*database, "postgresql://"):
		s.postgres, s.server = true, *database
	default:
		return scimSettings{}, errors.New(`--db: "sqlite", "postgres" or an address that begins with postgres:// is expected`)
	}
	return s, s.setOperations(strings.Split(*operations, ","))
}

// leastUsers is a page, from which a list can be asked.
const leastUsers = 100

// setOperations keeps those asked for in the order in which they are measured.
func (s *scimSettings) setOperations(asked []string) error {
	for _, name := range asked {
		if !slices.Contains(operationNames(), name) {
			return fmt.Errorf("--operations: %q is none of %s", name, strings.Join(operationNames(), ", "))
		}
	}
	for _, name := range operationNames() {
		if slices.Contains(asked, name) && (name != operationBare || s.postgres) {
			s.operations = append(s.operations, name)
		}
	}
	return nil
}

// database names the kind of database.
func (s scimSettings) database() string {
	if s.postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}
