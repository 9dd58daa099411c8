// Package temporal is how Rollcall talks to a Temporal server: the client's
// options, the names of task queues, the search attributes that operators
// filter by, metrics, and the schedules that start runs.
//
// Nothing here knows a workflow by more than its name: workflows and their
// inputs are passed in by the caller.
package temporal
