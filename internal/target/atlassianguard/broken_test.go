package atlassianguard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/target/atlassianguard"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// TestWhatIsNoAnswerIsAnOutage: none of these may look like an empty directory,
// an empty group, or a write that was done.
func TestWhatIsNoAnswerIsAnOutage(t *testing.T) {
	t.Parallel()
	lists := map[string]string{
		"an empty object": `{}`, "null": `null`, "nothing": ``, "a page of some proxy": `<html>busy</html>`,
		"a total without its elements":          `{"totalResults":3,"startIndex":1,"Resources":[]}`,
		"a total and no elements at all":        `{"totalResults":3}`,
		"another page than was asked for":       `{"totalResults":300,"startIndex":101,"Resources":[{"id":"a"}]}`,
		"elements that are none":                `{"totalResults":1,"startIndex":1,"Resources":"none"}`,
		"an error with the status of a success": `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`,
	}
	for name, body := range lists {
		t.Run("a list: "+name, func(t *testing.T) {
			t.Parallel()
			target := answering(t, http.StatusOK, body)
			_, err := target.Accounts(t.Context(), "")
			wantOutage(t, err)
			_, err = target.Groups(t.Context(), "")
			wantOutage(t, err)
			_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
			wantOutage(t, err)
			_, err = target.FindGroups(t.Context(), []string{"club"})
			wantOutage(t, err)
		})
	}
	for name, body := range map[string]string{
		"an empty object": `{}`, "null": `null`, "nothing": ``, "somebody else": `{"id":"other","displayName":"x","userName":"x"}`, "a list": `[]`,
	} {
		t.Run("one object: "+name, func(t *testing.T) {
			t.Parallel()
			target := answering(t, http.StatusOK, body)
			_, err := target.Members(t.Context(), "club", "")
			wantOutage(t, err)
			_, err = target.Account(t.Context(), "ana")
			wantOutage(t, err)
			wantOutage(t, target.DeactivateAccount(t.Context(), "ana"))
		})
	}
	t.Run("a change that the directory took and did not make", func(t *testing.T) {
		t.Parallel()
		target := answering(t, http.StatusOK, `{"id":"ana","userName":"ana@example.com","active":true}`)
		if err := target.DeactivateAccount(t.Context(), "ana"); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("got %v, want a refusal", err)
		}
	})
	t.Run("a change whose answer does not say so is looked at", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPatch {
					next.ServeHTTP(w, r)
					return
				}
				next.ServeHTTP(httptest.NewRecorder(), r)
				_, _ = io.WriteString(w, `{"id":"`+r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]+`"}`)
			})
		}, nil)
		id := p.user(t, "ana@example.com")
		for _, active := range []bool{false, false, true, true} {
			write := p.target.DeactivateAccount
			if active {
				write = p.target.RestoreAccount
			}
			ok(t, write(t.Context(), id))
			if a, _ := p.sim.Roster().Account(id); a.Active != active {
				t.Errorf("the account is %+v", a)
			}
		}
	})
	t.Run("a time that cannot be read is no reason to know nothing", func(t *testing.T) {
		t.Parallel()
		for written, want := range map[string]bool{
			`"2018-09-26T17:41:35.490Z"`: true, `"2018-09-26T17:41:35.490+0000"`: true, `"yesterday"`: false, `""`: false, `null`: false, `1537983695`: false,
		} {
			account, err := answering(t, http.StatusOK, `{"id":"ana","meta":{"created":`+written+`}}`).Account(t.Context(), "ana")
			if err != nil || account.AddedAt.IsZero() == want {
				t.Errorf("%s: added at %s, %v", written, account.AddedAt, err)
			}
		}
	})
	t.Run("a list that becomes shorter while it is read", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, nil, nil)
		ids := make([]string, 0, 150)
		for _, email := range numbered(150, "u%d@example.com") {
			ids = append(ids, p.user(t, email))
		}
		first, err := p.target.Accounts(t.Context(), "")
		if err != nil || first.Next == "" {
			t.Fatalf("%q, %v", first.Next, err)
		}
		if err := p.sim.Roster().RemoveAccount(ids[0]); err != nil {
			t.Fatal(err)
		}
		_, err = p.target.Accounts(t.Context(), first.Next)
		wantOutage(t, err)
		if _, err := p.target.Accounts(t.Context(), "here"); err == nil {
			t.Error("a cursor that is none was taken")
		}
	})
	t.Run("a change that is answered with nothing, as the RFC allows", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, guardsim.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPatch {
					next.ServeHTTP(w, r)
					return
				}
				next.ServeHTTP(httptest.NewRecorder(), r)
				w.WriteHeader(http.StatusNoContent)
			})
		}, nil)
		id, club := p.user(t, "ana@example.com"), p.group(t, "club")
		ok(t, p.target.DeactivateAccount(t.Context(), id))
		ok(t, p.target.AddMember(t.Context(), club, id))
		if a, _ := p.sim.Roster().Account(id); a.Active || !p.sim.Roster().IsMember(club, id) {
			t.Errorf("the account is %+v", a)
		}
	})
	t.Run("a group without members", func(t *testing.T) {
		t.Parallel()
		page, err := answering(t, http.StatusOK, `{"id":"club","displayName":"Club"}`).Members(t.Context(), "club", "")
		if err != nil || len(page.AccountIDs) > 0 {
			t.Errorf("got %+v, %v: RFC 7643 section 2.5 lets an empty list be left out", page, err)
		}
	})
}

func wantOutage(t *testing.T, err error) {
	t.Helper()
	if directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %v, want a *directory.UnavailableError", err)
	}
}

// answering is a target whose vendor says the same to everything.
func answering(t *testing.T, status int, body string) *atlassianguard.Target {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(status)
		if _, err := io.WriteString(w, body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := atlassianguard.New(atlassianguard.Config{BaseURL: server.URL, Directory: "d", Credential: rest.Bearer("key"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return target
}
