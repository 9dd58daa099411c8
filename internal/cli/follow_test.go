package cli

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/activity/v1"
	"go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	failures "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/rollcall-sync/rollcall/internal/temporal"
)

func TestListsThatWaitForTheSameSourceAreSaidOnce(t *testing.T) {
	t.Parallel()
	key := func(name string) string {
		k, _ := (&following{}).waitOf(&workflow.PendingActivityInfo{ActivityType: &common.ActivityType{Name: name}, LastFailure: &failures.Failure{}})
		return k
	}
	if key("ReadUsers") != key("ReadGroups") || key("ReadUsers") == key("ApplyBatch") || key("ApplyBatch") == key("Plan") {
		t.Errorf("keys %q, %q, %q, %q; want the first two alike", key("ReadUsers"), key("ReadGroups"), key("ApplyBatch"), key("Plan"))
	}
}

func TestTargetsThatAreDownAreNamed(t *testing.T) {
	t.Parallel()
	wait := func(target string) (key, line string) {
		return (&following{connection: "staff"}).waitOf(&workflow.PendingActivityInfo{
			ActivityType: &common.ActivityType{Name: "Guard"}, Attempt: 2,
			LastFailure:     &failures.Failure{FailureInfo: &failures.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failures.ApplicationFailureInfo{Type: "unavailable"}}},
			ActivityOptions: &activity.ActivityOptions{TaskQueue: &taskqueue.TaskQueue{Name: temporal.TargetQueue("staff", target)}},
		})
	}
	wiki, line := wait("wiki")
	if want := "Waiting: Guard in wiki did not succeed (unavailable, attempt 2) and is tried again."; line != want {
		t.Errorf("it says %q; want %q", line, want)
	}
	if jira, _ := wait("jira"); jira == wiki {
		t.Errorf("both are said as one, %q", jira)
	}
}

func TestWhatARunWaitsForIsSaid(t *testing.T) {
	t.Parallel()
	failed := func(class string) *failures.Failure {
		return &failures.Failure{FailureInfo: &failures.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failures.ApplicationFailureInfo{Type: class}}}
	}
	lost := &failures.Failure{FailureInfo: &failures.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failures.TimeoutFailureInfo{}}}
	for name, c := range map[string]struct {
		activity  string
		state     enums.PendingActivityState
		scheduled time.Duration
		failure   *failures.Failure
		says      string
	}{
		"one that runs":                        {"ReadUsers", enums.PENDING_ACTIVITY_STATE_STARTED, time.Hour, nil, ""},
		"one that was scheduled just now":      {"ReadUsers", enums.PENDING_ACTIVITY_STATE_SCHEDULED, time.Second, nil, ""},
		"one that nobody takes up":             {"ReadUsers", enums.PENDING_ACTIVITY_STATE_SCHEDULED, time.Minute, nil, "no worker takes up ReadUsers"},
		"one whose source is down":             {"ReadUsers", enums.PENDING_ACTIVITY_STATE_SCHEDULED, time.Second, failed("unavailable"), "ReadUsers did not succeed (unavailable, attempt 3) and is tried again."},
		"one whose target is down":             {"ApplyBatch", enums.PENDING_ACTIVITY_STATE_SCHEDULED, time.Second, failed("unavailable"), "ApplyBatch did not succeed (unavailable, attempt 3) and is tried again."},
		"one whose worker was lost":            {"ReadUsers", enums.PENDING_ACTIVITY_STATE_STARTED, time.Second, lost, "A worker was not heard of any more"},
		"one that failed and says nothing why": {"Plan", enums.PENDING_ACTIVITY_STATE_SCHEDULED, time.Second, failed(""), "Plan did not succeed (no reason given, attempt 3)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &following{connection: "staff"}
			_, line := f.waitOf(&workflow.PendingActivityInfo{
				ActivityType: &common.ActivityType{Name: c.activity}, State: c.state, Attempt: 3, LastFailure: c.failure,
				ScheduledTime: timestamppb.New(time.Now().Add(-c.scheduled)),
			})
			if !strings.Contains(line, c.says) || (c.says == "") != (line == "") {
				t.Errorf("it says %q; want %q", line, c.says)
			}
		})
	}
}
