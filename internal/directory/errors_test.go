package directory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestErrorsHaveAClassAndKeepTheVendorsWordsToThemselves(t *testing.T) {
	t.Parallel()
	const call, words = "GET /api/v1/users/{id}", "ada@example.com is not welcome"
	for name, c := range map[string]struct {
		err    error
		class  directory.Class
		detail string
	}{
		"a rate limit":         {&directory.RateLimitError{Call: call, RetryAfter: time.Minute}, directory.ClassRateLimited, ""},
		"a refused credential": {&directory.AuthError{Call: call, Status: 401, Code: "E0000011", Detail: words}, directory.ClassAuth, words},
		"a missing object":     {&directory.NotFoundError{Call: call, What: "user", Detail: words}, directory.ClassNotFound, words},
		"a conflict":           {&directory.ConflictError{Call: call, Detail: words}, directory.ClassConflict, words},
		"a refusal":            {&directory.RefusedError{Call: call, Status: 400, Code: "E0000001", Detail: words}, directory.ClassRefused, words},
		"no free licence":      {&directory.SeatError{Call: call, Detail: words}, directory.ClassSeat, words},
		"an unmanaged account": {&directory.UnmanagedError{Call: call, Detail: words}, directory.ClassUnmanaged, words},
		"an outage":            {&directory.UnavailableError{Call: call, Status: 503, Detail: words}, directory.ClassUnavailable, words},
		"a cancelled context":  {context.Canceled, directory.ClassCanceled, ""},
		"a deadline":           {context.DeadlineExceeded, directory.ClassCanceled, ""},
		"an error of our own":  {errors.New("disk full"), directory.ClassInternal, ""},
		"no error, by mistake": {nil, directory.ClassInternal, ""},
		"an outage on the way to a deadline": {
			errors.Join(&directory.UnavailableError{Call: call, Detail: words}, context.DeadlineExceeded), directory.ClassUnavailable, words},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := c.err
			if wrapped != nil {
				wrapped = fmt.Errorf("read user 7: %w", c.err)
			}
			if got := directory.ClassOf(wrapped); got != c.class {
				t.Errorf("class %s, want %s", got, c.class)
			}
			if got := directory.DetailOf(wrapped); got != c.detail {
				t.Errorf("detail %q, want %q", got, c.detail)
			}
			if wrapped == nil || c.detail == "" {
				return
			}
			if text := wrapped.Error(); strings.Contains(text, "ada") || !strings.Contains(text, call) {
				t.Errorf("the text %q shows what the vendor said, or not what was called", text)
			}
		})
	}
}

func TestKindsThatTakeSomethingAwayAreRemovals(t *testing.T) {
	t.Parallel()
	for kind, want := range map[directory.Kind]bool{
		directory.CreateAccount: false, directory.UpdateAccount: false, directory.SuspendAccount: true, directory.RestoreAccount: false,
		directory.CreateGroup: false, directory.RenameGroup: false, directory.AddMember: false, directory.RemoveMember: true,
	} {
		if got := kind.Removal(); got != want {
			t.Errorf("%s is a removal: %t, want %t", kind, got, want)
		}
	}
}

func TestStagesHaveNamesAndLeaversComeFirst(t *testing.T) {
	t.Parallel()
	if directory.Stages[0] != directory.StageLeavers {
		t.Errorf("the first stage is %s", directory.Stages[0])
	}
	names := map[string]bool{}
	for i, stage := range directory.Stages {
		if int(stage) != i+1 {
			t.Errorf("stage %s is %d, in place %d", stage, stage, i+1)
		}
		names[stage.String()] = true
	}
	if len(names) != len(directory.Stages) || names["unknown"] {
		t.Errorf("names %v", names)
	}
	if got := directory.Stage(0).String(); got != "unknown" {
		t.Errorf("stage 0 is %q", got)
	}
}
