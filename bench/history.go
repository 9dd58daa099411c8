package main

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// historyEvents counts the events of a run, over all the histories that it
// continued in.
func historyEvents(ctx context.Context, c client.Client, workflowID, runID string) (int, error) {
	total := 0
	for runID != "" {
		next := ""
		events := c.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				return 0, fmt.Errorf("read history of %s: %w", workflowID, err)
			}
			total++
			if again := event.GetWorkflowExecutionContinuedAsNewEventAttributes(); again != nil {
				next = again.GetNewExecutionRunId()
			}
		}
		runID = next
	}
	return total, nil
}
