package temporal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// ScheduleSpec is what a connection's schedule should be.
type ScheduleSpec struct {
	Connection string
	// Watch is set for the schedule that polls the source's event log; without
	// it, it is the one that starts runs.
	Watch bool
	// Housekeeping is set for the schedule that tidies up, which is of no connection.
	Housekeeping bool
	Schedule     config.Schedule
	// Workflow is the name of the workflow to start, TaskQueue where its
	// workers are, Args its input.
	Workflow  string
	TaskQueue string
	Args      []any
}

const (
	schedulePrefix = "sync/"
	watchPrefix    = "watch/"
	// housekeepingPrefix and housekeepingName make the id of the one that tidies up.
	housekeepingPrefix = "housekeeping/"
	housekeepingName   = "rollcall"
	// scheduleMemo marks a schedule as Rollcall's own; its value is the
	// connection's name.
	scheduleMemo = "rollcall"
	// TriggerSchedule is the trigger of a run that a schedule started.
	TriggerSchedule = "schedule"
	// catchUp is how late a run may still start after an outage of the
	// server; what was missed before is made up by the next one anyway.
	catchUp = time.Hour
	// pausedByConfiguration is the note of a pause that the configuration
	// asked for, and that the configuration may therefore end.
	pausedByConfiguration = "paused in the configuration"
)

// ScheduleID returns the id of a connection's schedule.
func ScheduleID(connection string) string { return schedulePrefix + connection }

// HousekeepingID is the id of the schedule that tidies up.
const HousekeepingID = housekeepingPrefix + housekeepingName

func (s ScheduleSpec) id() string {
	switch {
	case s.Housekeeping:
		return HousekeepingID
	case s.Watch:
		return watchPrefix + s.Connection
	}
	return ScheduleID(s.Connection)
}

// owner is whose schedule it is, in its memo.
func (s ScheduleSpec) owner() string {
	if s.Housekeeping {
		return housekeepingName
	}
	return s.Connection
}

// Applied is what Apply did: ids of schedules, sorted.
type Applied struct {
	Created, Updated, Unchanged, Removed []string
}

// Apply makes the schedules of a namespace those in specs: it creates what is
// missing, updates what differs and removes what has no connection any more.
// A pause by an operator, and the note that goes with it, stay as they are.
// Schedules that are not Rollcall's are never touched. One that cannot be
// applied does not keep the others from it; the error joins what went wrong.
// It may be called by several processes at once.
func Apply(ctx context.Context, schedules client.ScheduleClient, specs []ScheduleSpec) (Applied, error) {
	var applied Applied
	var failures []error
	wanted := map[string]bool{}
	for _, spec := range specs {
		wanted[spec.id()] = true
		into := &applied.Unchanged
		switch outcome, err := applyOne(ctx, schedules, spec); {
		case err != nil:
			failures = append(failures, fmt.Errorf("apply schedule %s: %w", spec.id(), err))
			continue
		case outcome == created:
			into = &applied.Created
		case outcome == updated:
			into = &applied.Updated
		}
		*into = append(*into, spec.id())
	}
	existing, err := ours(ctx, schedules)
	if err != nil {
		failures = append(failures, err)
	}
	for _, id := range existing {
		if wanted[id] {
			continue
		}
		if err := schedules.GetHandle(ctx, id).Delete(ctx); err != nil && !isNotFound(err) {
			failures = append(failures, fmt.Errorf("remove schedule %s: %w", id, err))
			continue
		}
		applied.Removed = append(applied.Removed, id)
	}
	for _, ids := range [][]string{applied.Created, applied.Updated, applied.Unchanged, applied.Removed} {
		slices.Sort(ids)
	}
	return applied, errors.Join(failures...)
}

type outcome int

const (
	unchanged outcome = iota
	created
	updated
)

func applyOne(ctx context.Context, schedules client.ScheduleClient, spec ScheduleSpec) (outcome, error) {
	times, err := TimesOf(spec.owner(), spec.Schedule)
	if err != nil {
		return unchanged, err
	}
	options := client.ScheduleOptions{
		ID:            spec.id(),
		Spec:          times,
		Action:        actionOf(spec),
		Overlap:       enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: catchUp,
		Paused:        spec.Schedule.Paused,
		Memo:          map[string]any{scheduleMemo: spec.owner()},
	}
	if spec.Schedule.Paused {
		options.Note = pausedByConfiguration
	}
	_, err = schedules.Create(ctx, options)
	if err == nil {
		return created, nil
	}
	if !errors.Is(err, sdk.ErrScheduleAlreadyRunning) {
		return unchanged, err
	}
	result := unchanged
	err = schedules.GetHandle(ctx, options.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(found client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			if !isOurs(spec.owner(), found.Description.Memo.GetFields()) {
				return nil, errors.New("a schedule of that id exists and is not Rollcall's; remove it, or use a namespace of Rollcall's own")
			}
			current := found.Description.Schedule
			changed, err := reconcile(&current, options)
			if err != nil {
				return nil, err
			}
			if !changed {
				return nil, sdk.ErrSkipScheduleUpdate
			}
			result = updated
			return &client.ScheduleUpdate{Schedule: &current}, nil
		},
	})
	if err != nil {
		return unchanged, err
	}
	return result, nil
}

func actionOf(spec ScheduleSpec) *client.ScheduleWorkflowAction {
	attributes := sdk.NewSearchAttributes(ConnectionKey().ValueSet(spec.Connection), TriggerKey().ValueSet(TriggerSchedule))
	if spec.Housekeeping {
		attributes = sdk.NewSearchAttributes(TriggerKey().ValueSet(TriggerSchedule))
	}
	return &client.ScheduleWorkflowAction{
		// The server appends the time.
		ID:        spec.id(),
		Workflow:  spec.Workflow,
		TaskQueue: spec.TaskQueue,
		Args:      spec.Args,

		TypedSearchAttributes: attributes,
	}
}

// reconcile puts what the configuration says into a schedule that exists and
// says whether that changed anything. Of its state it changes only a pause of
// its own.
func reconcile(current *client.Schedule, want client.ScheduleOptions) (changed bool, err error) {
	action, ok := want.Action.(*client.ScheduleWorkflowAction)
	if !ok {
		return false, fmt.Errorf("unexpected action %T", want.Action)
	}
	same, err := sameAction(current.Action, action)
	if err != nil {
		return false, err
	}
	if !same {
		current.Action = action
		changed = true
	}
	if current.Spec == nil || !sameTimes(current.Spec, &want.Spec) {
		current.Spec = &want.Spec
		changed = true
	}
	policy := client.SchedulePolicies{Overlap: want.Overlap, CatchupWindow: want.CatchupWindow, PauseOnFailure: want.PauseOnFailure}
	if current.Policy == nil || *current.Policy != policy {
		current.Policy = &policy
		changed = true
	}
	if current.State == nil {
		current.State = &client.ScheduleState{}
	}
	switch {
	case want.Paused && !current.State.Paused:
		current.State.Paused, current.State.Note = true, pausedByConfiguration
		changed = true
	case !want.Paused && current.State.Paused && current.State.Note == pausedByConfiguration:
		current.State.Paused, current.State.Note = false, ""
		changed = true
	}
	return changed, nil
}

// sameAction compares what the server returned with what should be started.
func sameAction(found client.ScheduleAction, want *client.ScheduleWorkflowAction) (bool, error) {
	got, ok := found.(*client.ScheduleWorkflowAction)
	if !ok {
		return false, nil
	}
	args, err := sameArgs(got.Args, want.Args)
	if err != nil {
		return false, err
	}
	connection, _ := got.TypedSearchAttributes.GetKeyword(ConnectionKey())
	trigger, _ := got.TypedSearchAttributes.GetKeyword(TriggerKey())
	wantConnection, _ := want.TypedSearchAttributes.GetKeyword(ConnectionKey())
	wantTrigger, _ := want.TypedSearchAttributes.GetKeyword(TriggerKey())
	return args && got.ID == want.ID && got.Workflow == want.Workflow && got.TaskQueue == want.TaskQueue &&
		connection == wantConnection && trigger == wantTrigger, nil
}

// sameArgs compares inputs as they are sent: the server returns payloads.
func sameArgs(found, want []any) (bool, error) {
	if len(found) != len(want) {
		return false, nil
	}
	for i := range want {
		wanted, err := converter.GetDefaultDataConverter().ToPayload(want[i])
		if err != nil {
			return false, fmt.Errorf("encode the workflow's input: %w", err)
		}
		payload, ok := found[i].(*common.Payload)
		if !ok || !proto.Equal(payload, wanted) {
			return false, nil
		}
	}
	return true, nil
}

// ours lists the ids of the schedules that Rollcall made.
func ours(ctx context.Context, schedules client.ScheduleClient) ([]string, error) {
	list, err := schedules.List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	var ids []string
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		for _, prefix := range []string{schedulePrefix, watchPrefix, housekeepingPrefix} {
			connection, ok := strings.CutPrefix(entry.ID, prefix)
			if ok && isOurs(connection, entry.Memo.GetFields()) {
				ids = append(ids, entry.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids, nil
}
