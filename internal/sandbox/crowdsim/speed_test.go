package crowdsim_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// BenchmarkFind looks 20 people up among 10,000 by one call: it is to stay
// under 20 ms.
func BenchmarkFind(b *testing.B) {
	sim := crowdsim.New(crowdsim.Options{})
	var terms []string
	for i := range 10_000 {
		id := fmt.Sprintf("p%06d", i)
		if err := sim.Roster().AddAccount(roster.Account{ID: id, UserName: id, Email: id + "@example.com", Active: true}); err != nil {
			b.Fatal(err)
		}
		if i%500 == 0 {
			terms = append(terms, `email="`+id+`@example.com"`)
		}
	}
	handler := sim.Handler()
	path := "/rest/usermanagement/1/search?entity-type=user&expand=user&restriction=" + url.QueryEscape(strings.Join(terms, " or "))
	for b.Loop() {
		request := httptest.NewRequest("GET", path, nil)
		request.SetBasicAuth(crowdsim.DefaultApplication, crowdsim.DefaultPassword)
		request.Header.Set("Accept", "application/json")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != 200 || strings.Count(recorder.Body.String(), "@example.com") != len(terms) {
			b.Fatalf("%d %s", recorder.Code, recorder.Body)
		}
	}
}
