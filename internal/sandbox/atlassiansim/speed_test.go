package atlassiansim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
)

// crowded is an organisation of many people, without a network.
func crowded(b *testing.B, people int) (handler http.Handler, base, groupID string, ids []string) {
	b.Helper()
	sim := atlassiansim.New(atlassiansim.Options{Managed: []string{"example.com"}})
	groupID, err := sim.SeedGroup(atlassiansim.GroupSeed{Name: "Crowd"})
	if err != nil {
		b.Fatal(err)
	}
	for i := range people {
		id, err := sim.SeedAccount(atlassiansim.AccountSeed{Email: fmt.Sprintf("p%06d@example.com", i), Name: "P"})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, id)
	}
	return sim.Handler(), "/admin/v2/orgs/" + sim.OrgID() + "/directories/" + sim.DirectoryID(), groupID, ids
}

func ask(b *testing.B, handler http.Handler, method, path, body string, status int) {
	b.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+atlassiansim.DefaultAPIKey)
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Code != status {
		b.Fatalf("%s %s: %d %s", method, path, recorder.Code, recorder.Body)
	}
}

// BenchmarkAddMember is to stay under 50 µs: 20,000 memberships a second.
func BenchmarkAddMember(b *testing.B) {
	handler, base, groupID, ids := crowded(b, 100_000)
	path := base + "/groups/" + groupID + "/memberships"
	n := 0
	for b.Loop() {
		if n == len(ids) {
			b.StopTimer()
			handler, _, groupID, ids = crowded(b, len(ids))
			path, n = base+"/groups/"+groupID+"/memberships", 0
			b.StartTimer()
		}
		ask(b, handler, http.MethodPost, path, `{"accountId":"`+ids[n]+`"}`, http.StatusNoContent)
		n++
	}
}

// BenchmarkSearchMembers reads a page from the middle of a group; it must not
// depend on how many people there are.
func BenchmarkSearchMembers(b *testing.B) {
	handler, base, groupID, ids := crowded(b, 100_000)
	for _, id := range ids[len(ids)-500:] {
		ask(b, handler, http.MethodPost, base+"/groups/"+groupID+"/memberships", `{"accountId":"`+id+`"}`, http.StatusNoContent)
	}
	body := `{"groupIds":["` + groupID + `"],"limit":100}`
	for b.Loop() {
		ask(b, handler, http.MethodPost, base+"/users/search", body, http.StatusOK)
	}
}
