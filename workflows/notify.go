package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Notify delivers one notification. What it says, and to whom, is in the
// database; a destination that does not answer is tried again for a day.
func Notify(ctx workflow.Context, in NotifyInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		// A mail server may take a minute over one message.
		StartToCloseTimeout:    2 * time.Minute,
		ScheduleToCloseTimeout: patience,
		HeartbeatTimeout:       FirstHeartbeat,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 2 * time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Minute},
		Summary:                fmt.Sprintf("deliver notification %d", in.ID),
	})
	return workflow.ExecuteActivity(ctx, ActivityDeliver, in).Get(ctx, nil)
}

// Housekeeping tidies up once: plans whose time is over, records past their
// retention, what administrators should hear of, and workflows that are
// missing. A schedule starts it.
func Housekeeping(ctx workflow.Context) (HousekeepingResult, error) {
	var result HousekeepingResult
	err := workflow.ExecuteActivity(local(ctx, FirstHeartbeat, "tidy up"), ActivityHousekeeping).Get(ctx, &result)
	return result, err
}
