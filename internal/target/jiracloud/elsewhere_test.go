package jiracloud_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// TestAPageOfSomethingElseSaysOfNobodyThatTheyAreGone: a 404 in other words than
// Jira's is no answer about the account or group that was asked for.
func TestAPageOfSomethingElseSaysOfNobodyThatTheyAreGone(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"a page": "<html>Page unavailable</html>", "nothing": "", "a gateway's words": `{"code":404}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(w, body)
			}))
			_, account := target.Account(t.Context(), "ana")
			_, members := target.Members(t.Context(), "staff", "")
			for what, err := range map[string]error{
				"the account": account, "the members": members,
				"the removal from a group": target.RemoveMember(t.Context(), "staff", "ana"),
				"the removal":              target.DeleteAccount(t.Context(), "ana"),
			} {
				if directory.ClassOf(err) != directory.ClassUnavailable {
					t.Errorf("%s: got %v, want a *directory.UnavailableError", what, err)
				}
			}
		})
	}
}

// TestARefusalIsReadWhateverElseIsInIt: one word of another type must not make it
// something else's.
func TestARefusalIsReadWhateverElseIsInIt(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"errorMessages":["gone"],"errors":{"user":{"key":"gone"}}}`, `{"errorMessages":["gone"],"errors":[]}`,
		`{"errorMessages":null,"errors":{"user":"gone"}}`, `{"message":"gone","errors":{"x":1},"status-code":404}`,
	} {
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, body)
		}))
		if _, err := target.Account(t.Context(), "ana"); directory.ClassOf(err) != directory.ClassNotFound {
			t.Errorf("%s: got %v, want a *directory.NotFoundError", body, err)
		}
	}
}

func TestSomebodyInactiveWhoseGroupsAreNotToldIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		`{"accountId":"ana","active":false}`:                                   directory.ClassUnavailable,
		`{"accountId":"ana","active":false,"groups":{"size":0,"items":[]}}`:    directory.ClassNotFound,
		`{"accountId":"ana","active":false,"groups":{"size":2,"items":[]}}`:    "",
		`{"accountId":"ana","active":true,"groups":{"size":0,"items":[]}}`:     "",
		`{"accountId":"another","active":true,"groups":{"size":0,"items":[]}}`: directory.ClassUnavailable,
	} {
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
		}))
		_, err := target.Account(t.Context(), "ana")
		if err == nil && want != "" || err != nil && directory.ClassOf(err) != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}
