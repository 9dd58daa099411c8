package temporal_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/temporal"
)

// scheduleStore keeps schedules as the server does: inputs as payloads, ids
// unique. It stands in for it where what matters is which calls are made; the
// standalone module tests the same against a real one.
type scheduleStore struct {
	t         *testing.T
	schedules map[string]*stored
	// updates counts writes to schedules that exist.
	updates int
	// failOn makes every call about one id fail.
	failOn  string
	failure error
}

type stored struct {
	schedule client.Schedule
	memo     map[string]*common.Payload
	triggers int
}

func newScheduleStore(t *testing.T) *scheduleStore {
	return &scheduleStore{t: t, schedules: map[string]*stored{}}
}

func (s *scheduleStore) payload(value any) *common.Payload {
	s.t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		s.t.Fatal(err)
	}
	return payload
}

// returned is a schedule in the form in which the server returns it.
func (s *scheduleStore) returned(schedule client.Schedule) client.Schedule {
	if action, ok := schedule.Action.(*client.ScheduleWorkflowAction); ok {
		copied := *action
		copied.Args = nil
		for _, arg := range action.Args {
			payload, ok := arg.(*common.Payload)
			if !ok {
				payload = s.payload(arg)
			}
			copied.Args = append(copied.Args, payload)
		}
		schedule.Action = &copied
	}
	if schedule.State != nil {
		state := *schedule.State
		schedule.State = &state
	}
	return schedule
}

func (s *scheduleStore) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if o.ID == s.failOn {
		return nil, s.failure
	}
	if s.schedules[o.ID] != nil {
		return nil, sdk.ErrScheduleAlreadyRunning
	}
	memo := map[string]*common.Payload{}
	for name, value := range o.Memo {
		memo[name] = s.payload(value)
	}
	s.schedules[o.ID] = &stored{memo: memo, schedule: s.returned(client.Schedule{
		Action: o.Action, Spec: &o.Spec,
		Policy: &client.SchedulePolicies{Overlap: o.Overlap, CatchupWindow: o.CatchupWindow, PauseOnFailure: o.PauseOnFailure},
		State:  &client.ScheduleState{Note: o.Note, Paused: o.Paused},
	})}
	return s.GetHandle(context.Background(), o.ID), nil
}

func (s *scheduleStore) List(context.Context, client.ScheduleListOptions) (client.ScheduleListIterator, error) {
	return &scheduleList{store: s, ids: slices.Sorted(maps.Keys(s.schedules))}, nil
}

func (s *scheduleStore) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	return &scheduleHandle{store: s, id: id}
}

type scheduleList struct {
	store *scheduleStore
	ids   []string
}

func (l *scheduleList) HasNext() bool { return len(l.ids) > 0 }

func (l *scheduleList) Next() (*client.ScheduleListEntry, error) {
	id := l.ids[0]
	l.ids = l.ids[1:]
	return &client.ScheduleListEntry{ID: id, Memo: &common.Memo{Fields: l.store.schedules[id].memo}}, nil
}

type scheduleHandle struct {
	client.ScheduleHandle
	store *scheduleStore
	id    string
}

func (h *scheduleHandle) find() (*stored, error) {
	if h.id == h.store.failOn {
		return nil, h.store.failure
	}
	if found := h.store.schedules[h.id]; found != nil {
		return found, nil
	}
	return nil, serviceerror.NewNotFound("schedule not found")
}

func (h *scheduleHandle) Describe(context.Context) (*client.ScheduleDescription, error) {
	found, err := h.find()
	if err != nil {
		return nil, err
	}
	return &client.ScheduleDescription{Schedule: h.store.returned(found.schedule), Memo: &common.Memo{Fields: found.memo}}, nil
}

func (h *scheduleHandle) Update(ctx context.Context, o client.ScheduleUpdateOptions) error {
	description, err := h.Describe(ctx)
	if err != nil {
		return err
	}
	update, err := o.DoUpdate(client.ScheduleUpdateInput{Description: *description})
	if errors.Is(err, sdk.ErrSkipScheduleUpdate) {
		return nil
	}
	if err != nil {
		return err
	}
	h.store.updates++
	h.store.schedules[h.id].schedule = h.store.returned(*update.Schedule)
	return nil
}

func (h *scheduleHandle) Delete(context.Context) error {
	if _, err := h.find(); err != nil {
		return err
	}
	delete(h.store.schedules, h.id)
	return nil
}

func (h *scheduleHandle) Pause(_ context.Context, o client.SchedulePauseOptions) error {
	found, err := h.find()
	if err != nil {
		return err
	}
	found.schedule.State = &client.ScheduleState{Paused: true, Note: o.Note}
	return nil
}

func (h *scheduleHandle) Unpause(_ context.Context, o client.ScheduleUnpauseOptions) error {
	found, err := h.find()
	if err != nil {
		return err
	}
	found.schedule.State = &client.ScheduleState{Note: o.Note}
	return nil
}

func (h *scheduleHandle) Trigger(context.Context, client.ScheduleTriggerOptions) error {
	found, err := h.find()
	if err != nil {
		return err
	}
	found.triggers++
	return nil
}
