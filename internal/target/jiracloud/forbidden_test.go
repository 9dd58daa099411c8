package jiracloud_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// TestAForbiddenGroupIsOneGroupAndAGatewaysPageIsTheCredential: a group that
// another system provisions must not end the whole run.
func TestAForbiddenGroupIsOneGroupAndAGatewaysPageIsTheCredential(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		"":                                     directory.ClassRefused,
		`{"errorMessages":["no"],"errors":{}}`: directory.ClassRefused,
		"<html>not from this address</html>":   directory.ClassAuth,
	} {
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, body)
		}))
		if _, err := target.Members(t.Context(), "staff", ""); directory.ClassOf(err) != want {
			t.Errorf("%q: got %v, want %s", body, err, want)
		}
	}
}
