package atlassianguard_test

import (
	"io"
	"net/http"
	"strconv"
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

// TestA403IsTheKeysWhateverItIsAbout: of no user or group does the description say
// that it may be forbidden.
func TestA403IsTheKeysWhateverItIsAbout(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error":"Forbidden","traceId":"1"}`, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403","detail":"no"}`, "", "<html>no</html>",
	} {
		target := answering(t, http.StatusForbidden, body)
		_, account := target.Account(t.Context(), "ana")
		for what, err := range map[string]error{"the account": account, "into a group": target.AddMember(t.Context(), "club", "ana")} {
			if directory.ClassOf(err) != directory.ClassAuth {
				t.Errorf("%s, %q: got %v, want a *directory.AuthError", what, body, err)
			}
		}
	}
}

// TestWhatIsThereIsNotTakenForGoneBecauseAChangeIsNotFound: a user or a group that
// was just made may not be known everywhere yet.
func TestWhatIsThereIsNotTakenForGoneBecauseAChangeIsNotFound(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"404", "409"} {
		p := newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPatch {
					next.ServeHTTP(w, r)
					return
				}
				code, _ := strconv.Atoi(status)
				w.WriteHeader(code)
				_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`+status+`","detail":"no"}`)
			})
		}, nil)
		in, out, club := p.user(t, "in@example.com"), p.user(t, "out@example.com"), p.group(t, "club")
		if _, err := p.sim.Roster().Join(club, in); err != nil {
			t.Fatal(err)
		}
		wantOutage(t, p.target.AddMember(t.Context(), club, out))
		wantOutage(t, p.target.RemoveMember(t.Context(), club, in))
		wantOutage(t, p.target.DeactivateAccount(t.Context(), in))
	}
}

// TestARefusedChangeIsSettledByTheGroupWhereUsersComeWithoutGroups: what is not told of
// a user is not what the group says.
func TestARefusedChangeIsSettledByTheGroupWhereUsersComeWithoutGroups(t *testing.T) {
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
	if err := p.target.AddMember(t.Context(), club, id); err != nil {
		t.Errorf("got %v: the account is in the group", err)
	}
	if err := p.target.AddMember(t.Context(), p.group(t, "another"), id); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want the refusal: the account is in no such group", err)
	}
}
