package confluencedc_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
)

// TestADisabledAccountThatIsNotFoundAnyMoreIsDisabled: which versions go on
// showing who is disabled is not described.
func TestADisabledAccountThatIsNotFoundAnyMoreIsDisabled(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && r.URL.Path == "/rest/api/user" {
				w.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(w, `{"statusCode":404,"message":"No user found"}`)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	a := v.Seed(t, "ana@example.com")
	if err := v.target.DeactivateAccount(t.Context(), a.ID); err != nil {
		t.Error(err)
	}
	if a, _ := v.Sim.Roster().Account(a.ID); a.Active {
		t.Error("the account is still active")
	}
}
