// Package sweep kills workers in the middle of runs, at points spread over
// everything that a run does, starts them again, and checks what came of it.
// With what is pushed over SCIM it does the same to gateway, worker and
// Temporal.
//
// The test process hosts the stand-ins and, for runs, the Temporal server; the
// others are processes of their own: this test binary, started again. SIGKILL
// is the only way in which these tests end one of them during a run.
//
// A default run takes a small selection of points; ROLLCALL_SWEEP=1 takes over
// 200 of them on each database. ROLLCALL_SWEEP_SEED chooses others.
package sweep

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
)

// lanesAtOnce is how many lanes run side by side. A point spends most of its
// time waiting for Temporal to notice that a worker is gone, so there are more
// than a small machine has cores.
const lanesAtOnce = 8

func TestMain(m *testing.M) {
	for variable, program := range map[string]func(context.Context, string) int{
		envWorker: workerMain, envGateway: gatewayMain, envTemporal: temporalMain,
	} {
		if told := os.Getenv(variable); told != "" {
			os.Exit(program(context.Background(), told))
		}
	}
	flag.Parse()
	if err := flag.Set("test.parallel", fmt.Sprint(lanesAtOnce+1)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
