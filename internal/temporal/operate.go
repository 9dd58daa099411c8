package temporal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// ScheduleState is a connection's schedule as it is.
type ScheduleState struct {
	Connection string
	Paused     bool
	// Note says why it is paused, in an operator's words.
	Note string
	// Timezone is an IANA name.
	Timezone string
	// Next are the next times at which it fires, or would if it were not
	// paused, soonest first.
	Next []time.Time
	// Last is when it last started a run; zero if it never did.
	Last time.Time
	// Skipped counts the times at which the run before was still under way.
	Skipped int
}

// NoScheduleError means that a connection has no schedule on the server.
type NoScheduleError struct{ Connection string }

func (e *NoScheduleError) Error() string {
	return fmt.Sprintf("connection %s has no schedule; give it one in the configuration and apply it with `rollcall schedule apply`", e.Connection)
}

// List returns the schedules that start runs, sorted by connection.
func List(ctx context.Context, schedules client.ScheduleClient) ([]ScheduleState, error) {
	ids, err := ours(ctx, schedules)
	if err != nil {
		return nil, err
	}
	var states []ScheduleState
	for _, id := range ids {
		connection, ok := strings.CutPrefix(id, schedulePrefix)
		if !ok {
			continue
		}
		// The list is an index that lags behind; a description does not.
		description, err := schedules.GetHandle(ctx, id).Describe(ctx)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("describe schedule %s: %w", id, err)
		}
		states = append(states, stateOf(connection, description))
	}
	return states, nil
}

func stateOf(connection string, d *client.ScheduleDescription) ScheduleState {
	state := ScheduleState{
		Connection: connection,
		Next:       d.Info.NextActionTimes,
		Skipped:    d.Info.NumActionsSkippedOverlap,
	}
	if d.Schedule.State != nil {
		state.Paused, state.Note = d.Schedule.State.Paused, d.Schedule.State.Note
	}
	if d.Schedule.Spec != nil {
		state.Timezone = d.Schedule.Spec.TimeZoneName
	}
	for _, action := range d.Info.RecentActions {
		if action.ActualTime.After(state.Last) {
			state.Last = action.ActualTime
		}
	}
	return state
}

// Pause stops a connection's schedule until Resume. The note says why, and
// must hold nothing about a person: it is stored in clear. It returns
// *NoScheduleError when there is none.
func Pause(ctx context.Context, schedules client.ScheduleClient, connection, note string) error {
	err := schedules.GetHandle(ctx, ScheduleID(connection)).Pause(ctx, client.SchedulePauseOptions{Note: note})
	return operated(connection, "pause", err)
}

// Resume lets a paused schedule go on. It returns *NoScheduleError when there
// is none.
func Resume(ctx context.Context, schedules client.ScheduleClient, connection, note string) error {
	err := schedules.GetHandle(ctx, ScheduleID(connection)).Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
	return operated(connection, "resume", err)
}

// Trigger starts a run at once, paused or not; nothing is started while one is
// under way. It returns *NoScheduleError when there is no schedule.
func Trigger(ctx context.Context, schedules client.ScheduleClient, connection string) error {
	err := schedules.GetHandle(ctx, ScheduleID(connection)).Trigger(ctx, client.ScheduleTriggerOptions{})
	return operated(connection, "trigger", err)
}

func operated(connection, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case isNotFound(err):
		return &NoScheduleError{Connection: connection}
	}
	return fmt.Errorf("%s schedule %s: %w", what, ScheduleID(connection), err)
}

// isOurs says whether a memo marks the schedule of a connection.
func isOurs(connection string, memo map[string]*common.Payload) bool {
	payload, ok := memo[scheduleMemo]
	if !ok {
		return false
	}
	var name string
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &name); err != nil {
		return false
	}
	return name == connection
}
