package cli_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// pusher pushes to connection staff as the gateway does.
type pusher struct {
	*testing.T
	db         *store.Store
	connection int64
	registry   *scim.Registry
	at         time.Time
}

// pushedHistory has a token, a user and a group with one member that is known
// and one that is not, a user of before who was deleted, and two refusals.
func pushedHistory(t *testing.T) (s *shell, ada string) {
	t.Helper()
	s = pushedShell(t)
	token := printedToken.FindString(s.run("token", "create", "staff", "--name", "okta").stdout)
	s.database(func(db *store.Store) {
		caller, err := db.ScimCaller(t.Context(), "staff", scim.Digest(token), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		registry, err := config.ConnectionScim{}.Registry()
		if err != nil {
			t.Fatal(err)
		}
		p := &pusher{T: t, db: db, connection: caller.ConnectionID, registry: registry, at: time.Now().Add(-2 * time.Hour)}
		p.refuse(http.StatusUnauthorized, "the token is wrong")
		p.at = time.Now().Add(-time.Minute)
		ada = p.create("User", scim.Resource{"userName": "ada@example.com", "externalId": "00u1", "displayName": "Ada \x1b[31mL"}, nil)
		p.create("Group", scim.Resource{"displayName": "Engineering"}, []scim.Member{{Value: ada}, {Value: "00u9"}})
		p.delete("User", p.create("User", scim.Resource{"userName": "bob@example.com"}, nil))
		p.refuse(http.StatusConflict, "userName is taken")
	})
	return s, ada
}

func (p *pusher) request(method, path string, status int, summary string) store.ScimRequest {
	p.at = p.at.Add(time.Second)
	return store.ScimRequest{ConnectionID: p.connection, At: p.at, Token: "okta", Client: "Okta SCIM Client 1.0.0", Address: "192.0.2.7", RequestID: "r1",
		Method: method, Path: path, Status: status, Took: 3 * time.Millisecond, Summary: summary}
}

func (p *pusher) write(kind, method, path string, status int) store.ScimWrite {
	p.Helper()
	t, ok := p.registry.ByName(kind)
	if !ok {
		p.Fatalf("no type %s", kind)
	}
	return store.ScimWrite{ConnectionID: p.connection, Type: t, Log: p.request(method, path, status, strings.ToLower(method)+" "+kind)}
}

func (p *pusher) create(kind string, document scim.Resource, members []scim.Member) string {
	p.Helper()
	changed, err := p.db.CreateScim(p.Context(), p.write(kind, "POST", "/"+kind+"s", http.StatusCreated), document, members)
	if err != nil {
		p.Fatal(err)
	}
	return changed.Resource.ScimID
}

func (p *pusher) delete(kind, id string) {
	p.Helper()
	if _, err := p.db.DeleteScim(p.Context(), p.write(kind, "DELETE", "/"+kind+"s/"+id, http.StatusNoContent), id, func(store.ScimResource) error { return nil }); err != nil {
		p.Fatal(err)
	}
}

func (p *pusher) refuse(status int, detail string) {
	p.Helper()
	r := p.request("POST", "/Users", status, "create a user")
	r.Detail = detail
	if err := p.db.LogScim(p.Context(), []store.ScimRequest{r}); err != nil {
		p.Fatal(err)
	}
}

func TestScimLogShowsEachRequestAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	s, ada := pushedHistory(t)
	r := s.run("scim", "log", "staff")
	r.want(t, cli.ExitDone, "201  POST /Users  post User  (okta, Okta SCIM Client 1.0.0, 192.0.2.7, 3ms)", "User ada@example.com: not applied yet",
		"201  POST /Groups", "204  DELETE /Users/", "deleted user", "409  POST /Users", "refused: userName is taken", "refused: the token is wrong", `→ The token is missing, wrong, expired`)
	r.wantNot(t, "\x1b")
	if strings.Index(r.stdout, "POST /Groups") > strings.Index(r.stdout, "userName is taken") {
		t.Errorf("the newest is not last:\n%s", r.stdout)
	}
	s.run("scim", "log", "staff", "--refused").wantNot(t, "201", "204")
	s.run("scim", "log", "staff", "--since", "1h").wantNot(t, "the token is wrong")
	s.run("scim", "log", "staff", "--object", "ada@example.com").wantNot(t, "DELETE", "refused")
	s.run("scim", "log", "staff", "--object", ada).want(t, cli.ExitDone, "201  POST /Users")
	s.run("scim", "log", "staff", "--object", "nobody").want(t, cli.ExitDone, "Nothing to show. Without --since, --refused and --object there may be more.")
	r = s.run("scim", "log", "staff", "--limit", "1")
	r.want(t, cli.ExitDone, "userName is taken")
	r.wantNot(t, "201")
}

func TestScimLogIsAnArrayWithJSON(t *testing.T) {
	t.Parallel()
	s, ada := pushedHistory(t)
	var entries []struct {
		Method, Path, Detail string
		Status               int
		Objects              []struct {
			ID, Type, Label string
			Pending         map[string]any
		}
	}
	r := s.run("scim", "log", "staff", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &entries)
	var statuses []int
	for _, e := range entries {
		statuses = append(statuses, e.Status)
	}
	if diff := cmp.Diff([]int{401, 201, 201, 201, 204, 409}, statuses); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if first := entries[1].Objects; len(first) != 1 || first[0].ID != ada || first[0].Label != "ada@example.com" || first[0].Pending == nil {
		t.Errorf("objects of the first push: %+v", first)
	}
	s.run("scim", "log", "office", "--json").want(t, cli.ExitDone, "[]")
}

func TestScimLogOfAConnectionThatNothingWasPushedTo(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	s.run("scim", "log", "staff").want(t, cli.ExitDone, "Nothing to show. No request has come in yet")
	s.run("scim", "log", "stuff").want(t, cli.ExitUsage, `connection "stuff" is not configured`)
}

func TestScimShowShowsAUserAsPushedWithItsGroupsAndWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	s, ada := pushedHistory(t)
	for _, name := range []string{"ada@example.com", "00u1", ada} {
		r := s.run("scim", "show", "staff", "user", name)
		r.want(t, cli.ExitDone, "User "+ada+" of staff, version 1", `    "userName": "ada@example.com"`, "In groups (1)", "Engineering", "In no target yet.", "To be done since ")
		r.wantNot(t, "\x1b")
	}
	s.run("scim", "show", "staff", "Group", "engineering").want(t, cli.ExitDone, "Members (2)", "Ada \ufffd[31mL  "+ada, "00u9  not known yet")
}

func TestScimShowIsOneObjectWithJSON(t *testing.T) {
	t.Parallel()
	s, ada := pushedHistory(t)
	var user struct {
		Connection, Type, ID string
		Version              int
		Document             map[string]any
		Groups               []struct{ Display string }
		Pending              map[string]any
		Accounts, Runs       []any
	}
	r := s.run("scim", "show", "staff", "user", ada, "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &user)
	if user.Connection != "staff" || user.Type != "User" || user.ID != ada || user.Version != 1 || user.Document["userName"] != "ada@example.com" || user.Pending == nil ||
		user.Accounts == nil || user.Runs == nil || len(user.Groups) != 1 || user.Groups[0].Display != "Engineering" {
		t.Errorf("%+v", user)
	}
	var group struct {
		Members []struct {
			Value string
			Known bool
		}
	}
	s.run("scim", "show", "staff", "group", "Engineering", "--json").decode(t, &group)
	known := map[string]bool{}
	for _, m := range group.Members {
		known[m.Value] = m.Known
	}
	if diff := cmp.Diff(map[string]bool{ada: true, "00u9": false}, known); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestScimShowSaysWhatItCannotFind(t *testing.T) {
	t.Parallel()
	s, _ := pushedHistory(t)
	s.run("scim", "show", "staff", "user", "nobody").want(t, cli.ExitUsage, `connection staff has no user "nobody"`, "rollcall scim log staff")
	s.run("scim", "show", "staff", "group", "ada@example.com").want(t, cli.ExitUsage, `has no group "ada@example.com"`)
	s.run("scim", "show", "staff", "device", "1").want(t, cli.ExitUsage, `"device" is no kind of object; expected user or group`)
	s.run("scim", "show", "stuff", "user", "1").want(t, cli.ExitUsage, `connection "stuff" is not configured`)
	s.run("scim", "show", "office", "user", "1").want(t, cli.ExitUsage, `connection office has no user "1"`)
}
