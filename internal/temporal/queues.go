package temporal

import "github.com/rollcall-sync/rollcall/workflows"

// WorkflowQueue is the task queue of all workflows.
const WorkflowQueue = "rollcall"

// SourceQueue is the task queue of the activities that read a connection's
// source.
func SourceQueue(connection string) string { return "rollcall-source-" + connection }

// TargetQueue is the task queue of the activities that write to one target.
// The dot, which no name has, keeps "a-b" and "c" apart from "a" and "b-c".
func TargetQueue(connection, target string) string {
	return "rollcall-target-" + connection + "." + target
}

// ProvisionQueue is the task queue of the activities that apply what was
// pushed to a connection.
func ProvisionQueue(connection string) string { return workflows.ProvisionQueue(connection) }
