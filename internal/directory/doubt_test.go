package directory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestOnlyWhatARefusalOrNoCallSaysIsCertainlyNotDone(t *testing.T) {
	t.Parallel()
	auth := &directory.AuthError{Call: "POST /x", Status: 401}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"success":                            {nil, false},
		"a refusal":                          {&directory.RefusedError{Call: "POST /x", Status: 400}, true},
		"a conflict, wrapped":                {fmt.Errorf("add: %w", &directory.ConflictError{Call: "POST /x"}), true},
		"a refused credential":               {auth, true},
		"a limit":                            {&directory.RateLimitError{Call: "POST /x"}, true},
		"an outage before it was sent":       {&directory.UnavailableError{Call: "POST /x"}, true},
		"an outage after it was sent":        {&directory.UnavailableError{Call: "POST /x", Ambiguous: true}, false},
		"a credential refused to a read":     {&directory.InDoubtError{Err: auth}, false},
		"a context that ended":               {context.Canceled, false},
		"an error that is none of the kinds": {errors.New("odd"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := directory.NotDone(c.err); got != c.want {
				t.Errorf("NotDone is %t, want %t", got, c.want)
			}
		})
	}
	if doubt := (&directory.InDoubtError{Err: auth}); directory.ClassOf(doubt) != directory.ClassAuth || doubt.Error() != auth.Error() {
		t.Errorf("in doubt it is %s: %v", directory.ClassOf(doubt), doubt)
	}
}
