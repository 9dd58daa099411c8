package jiradc_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestMembersThatDoNotMoveOnAreAnOutage: the same page is answered again, whatever
// is asked for, and where the members are counted the list would end and lack
// somebody.
func TestMembersThatDoNotMoveOnAreAnOutage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"for ever":            `{"values":[{"key":"K","name":"n","active":true}],"isLast":false}`,
		"as often as counted": `{"values":[{"key":"K","name":"n","active":true}],"total":2}`,
	} {
		v := newVendor(t, jiradcsim.Options{}, nil, func(next http.Handler) http.Handler {
			pages := 0
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/group/member") || pages >= 1000 {
					next.ServeHTTP(w, r)
					return
				}
				pages++
				answering("/group/member", body)(next).ServeHTTP(w, r)
			})
		})
		_, err := v.target.Protected(t.Context())
		vendortest.WantStuck(t, name, err)
	}
}
