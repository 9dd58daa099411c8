package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsToBeDoneAlikeInSeveralTargetsIsSaidOnce(t *testing.T) {
	t.Parallel()
	advice := []advised{
		{Class: "unavailable", Next: "Wait."},
		{Class: "unavailable", Next: "Wait."},
		{Target: "jira", Class: "duplicate", Changes: 1, Next: "Correct it."},
		{Target: "jira", Class: "refused", Changes: 2, Next: "jira refuses it."},
		{Target: "wiki", Class: "duplicate", Changes: 3, Next: "Correct it."},
		{Target: "wiki", Class: "refused", Changes: 1, Next: "wiki refuses it."},
	}
	want := []advised{
		{Class: "unavailable", Next: "Wait."},
		{Class: "unavailable", Next: "Wait."},
		{Target: "jira, wiki", Class: "duplicate", Changes: 4, Next: "Correct it."},
		{Target: "jira", Class: "refused", Changes: 2, Next: "jira refuses it."},
		{Target: "wiki", Class: "refused", Changes: 1, Next: "wiki refuses it."},
	}
	if diff := cmp.Diff(want, folded(advice)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
