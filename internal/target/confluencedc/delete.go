package confluencedc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DeleteAccount deletes an account, which Confluence has since 8.2. It does it
// in the background: success is only when the account is gone. A task that
// takes longer than about 40 seconds is an *directory.UnavailableError.
//
// DELETE /rest/api/admin/user/{username}
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-user/#api-rest-api-admin-user-username-delete
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{
		Method: http.MethodDelete, Template: "/rest/api/admin/user/{username}", Args: []string{accountID}, Object: "account",
	}
	answer, err := t.client.Do(ctx, call)
	lacks := lacksCall(err)
	switch {
	case err != nil && !lacks && !rest.Answered(err):
		return err
	case err != nil:
		switch there, readErr := t.exists(ctx, accountID); {
		case readErr != nil || !there:
			return rest.Unclear(call, readErr)
		case lacks:
			return t.tooOld(ctx, call, "delete accounts", "8.2", err)
		}
		return t.explained(ctx, call, err)
	}
	var task struct {
		ID     string `json:"id"`
		Status string `json:"statusPath"`
	}
	// An answer without a task is no reason not to look.
	if err := json.Unmarshal(answer.Body, &task); err != nil || task.ID == "" && task.Status != "" {
		task.ID = path.Base(task.Status)
	}
	return t.await(ctx, call, task.ID, accountID)
}

// await waits until a task is over and the account gone.
func (t *Target) await(ctx context.Context, call rest.Call, task, accountID string) error {
	for look := 0; ; look++ {
		over, said, err := t.task(ctx, task)
		if err != nil {
			return rest.Unclear(call, err)
		}
		if over {
			there, err := t.exists(ctx, accountID)
			switch {
			case err != nil:
				return rest.Unclear(call, err)
			case !there:
				return nil
			case said != "":
				return &directory.RefusedError{Call: call.Name(), Status: http.StatusAccepted, Code: "task", Detail: said}
			}
		}
		if look == len(t.polls) {
			return &directory.UnavailableError{
				Call: call.Name(), Status: http.StatusAccepted, Ambiguous: true, Detail: "Confluence is still deleting the account",
			}
		}
		wait := time.NewTimer(t.polls[look])
		select {
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("%s: %w", call.Name(), ctx.Err())
		case <-wait.C:
		}
	}
}

// task reports whether a task is over, and what it says if it failed. It is
// asked for by its id where the API has tasks; an address that an answer names
// is not followed. One that is not known any more is over.
//
// GET /rest/api/longtask/{id}
// https://docs.atlassian.com/ConfluenceServer/rest/8.5.4/#api/longtask-getTask
func (t *Target) task(ctx context.Context, id string) (over bool, said string, err error) {
	if id == "" {
		return true, "", nil
	}
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/longtask/{id}", Args: []string{id}, Object: "task"}
	var got struct {
		Percentage int   `json:"percentageComplete"`
		Successful *bool `json:"successful"`
		Messages   []struct {
			Translation string `json:"translation"`
		} `json:"messages"`
	}
	err = t.client.Get(ctx, call, &got)
	switch {
	case rest.Answered(err), directory.ClassOf(err) == directory.ClassRefused:
		return true, "", nil
	case err != nil:
		return false, "", err
	case got.Percentage < 100:
		return false, "", nil
	case got.Successful == nil || *got.Successful:
		return true, "", nil
	}
	said = "the task failed"
	for _, message := range got.Messages {
		said += ": " + message.Translation
	}
	return true, said, nil
}
