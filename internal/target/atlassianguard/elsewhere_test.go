package atlassianguard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
)

func TestAGatewaysPageSaysOfNobodyThatTheyAreGone(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a page": "<html>no</html>", "nothing": "", "a gateway's words": `{"code":404,"message":"no route"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := answering(t, http.StatusNotFound, body)
			_, err := target.Account(t.Context(), "ana")
			wantOutage(t, err)
			_, err = target.Members(t.Context(), "club", "")
			wantOutage(t, err)
			wantOutage(t, target.RemoveMember(t.Context(), "club", "ana"))
			wantOutage(t, target.DeactivateAccount(t.Context(), "ana"))
		})
	}
}

// TestARefusedRemovalIsNotDoneBecauseUsersComeWithoutGroups: what is not told of
// a user is not what the group says.
func TestARefusedRemovalIsNotDoneBecauseUsersComeWithoutGroups(t *testing.T) {
	t.Parallel()
	p := newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user := strings.Contains(r.URL.Path, "/Users/")
			switch {
			case r.Method == http.MethodPatch && !user:
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidPath","detail":"no"}`)
			case r.Method == http.MethodGet && user:
				_, _ = io.WriteString(w, `{"id":"`+r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]+`"}`)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}, nil)
	id, club := p.user(t, "ana@example.com"), p.group(t, "club")
	if _, err := p.sim.Roster().Join(club, id); err != nil {
		t.Fatal(err)
	}
	if err := p.target.RemoveMember(t.Context(), club, id); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want the refusal: the account is still in the group", err)
	}
}
