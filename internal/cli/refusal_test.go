package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestAnApprovalForATargetThatIsNotUsedAnyMoreSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for class, want := range map[directory.Class][]string{
		classUnknown: {"run 42 in jira: the target is not in the worker's configuration any more; nothing was done", "put it back", "rollcall reject 42 --target jira"},
		classMoved:   {"run 42 in jira: the target names another place by now", "put its former address back", "rollcall check", "rollcall reject 42 --target jira"},
	} {
		err := refusal(class, store.Request{Connection: "staff"}, store.HeldPlan{RunID: 42, Target: "jira"}, &config.Config{File: "rollcall.yaml"})
		var f *failure
		if !errors.As(err, &f) || f.code != ExitFailed {
			t.Fatalf("%s: %v", class, err)
		}
		for _, words := range want {
			if !strings.Contains(f.Error()+" "+f.next, words) {
				t.Errorf("%s: %q is not in %q, next %q", class, words, f.Error(), f.next)
			}
		}
	}
}
