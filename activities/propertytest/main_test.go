package propertytest

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// How many organisations each property is tried with: a few in every run of
// the tests, many when the sweep is asked for. They are the same ones every
// time, so that a test that passed passes again; ROLLCALL_SWEEP_SEED chooses
// others.
const (
	tries      = "6"
	sweepTries = "40"
	seed       = "1"
)

func TestMain(m *testing.M) {
	flag.Parse()
	asked := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { asked[f.Name] = true })
	settings := map[string]string{"rapid.checks": tries, "rapid.seed": seed, "rapid.nofailfile": "true", "rapid.shrinktime": "5s"}
	if os.Getenv("ROLLCALL_SWEEP") != "" {
		settings["rapid.checks"] = sweepTries
	}
	if chosen := os.Getenv("ROLLCALL_SWEEP_SEED"); chosen != "" {
		settings["rapid.seed"] = chosen
	}
	for name, value := range settings {
		if asked[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
