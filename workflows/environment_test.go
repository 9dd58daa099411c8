package workflows_test

import (
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// stuck is after how long without progress a test's workflow is taken for
// stuck. It only ends a test that hangs: a busy machine may stop a goroutine
// for longer than the SDK's own second (for a workflow that does not yield)
// and three seconds (for a loop that has nothing to do).
const stuck = 10 * time.Minute

// newEnvironment returns an environment that runs one workflow.
func newEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(stuck)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: stuck})
	return env
}

// quiet keeps the workflow's log out of the test's output.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
