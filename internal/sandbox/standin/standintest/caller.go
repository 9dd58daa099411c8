package standintest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// Sim is what stand-ins of the Data Center products have in common.
type Sim interface {
	Handler() http.Handler
	Roster() *roster.Roster
	NewAccount(userName, email, displayName string) roster.Account
	NewGroup(name string) roster.Group
}

// Caller calls a stand-in that does not listen.
type Caller[S Sim] struct {
	Sim     S
	Handler http.Handler
	// Root is what stands before the path of each call.
	Root string
	// Token is sent unless it is empty.
	Token string
	// Header is sent with every call.
	Header http.Header
}

// Raw makes a call ("GET /user?username=ana") and returns status and body.
func (c Caller[S]) Raw(t *testing.T, call, body string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	request := httptest.NewRequestWithContext(t.Context(), method, c.Root+path, strings.NewReader(body))
	maps.Copy(request.Header, c.Header)
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	c.Handler.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

// Ask is Raw with the object that is the body; nil when it is none.
func (c Caller[S]) Ask(t *testing.T, call, body string) (int, map[string]any) {
	t.Helper()
	status, text := c.Raw(t, call, body)
	var decoded map[string]any
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &decoded); err != nil {
			t.Fatalf("%s: %v in %s", call, err, text)
		}
	}
	return status, decoded
}

// Seed adds an account.
func (c Caller[S]) Seed(t *testing.T, name string) roster.Account {
	t.Helper()
	a := c.Sim.NewAccount(name, name+"@example.com", "Person "+name)
	if err := c.Sim.Roster().AddAccount(a); err != nil {
		t.Fatal(err)
	}
	return a
}

// SeedGroup adds a group.
func (c Caller[S]) SeedGroup(t *testing.T, name string) roster.Group {
	t.Helper()
	g := c.Sim.NewGroup(name)
	if err := c.Sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Populate adds the user ana, who is in the group staff, and what another
// system keeps: the user ldap and the group ldap-staff.
func (c Caller[S]) Populate(t *testing.T) {
	t.Helper()
	ana, staff := c.Seed(t, "ana"), c.SeedGroup(t, "staff")
	ldap, external := c.Sim.NewAccount("ldap", "ldap@example.com", "L"), c.Sim.NewGroup("ldap-staff")
	ldap.External, external.External = true, true
	for _, err := range []error{c.Sim.Roster().AddAccount(ldap), c.Sim.Roster().AddGroup(external)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.Join(t, staff, ana.ID)
}

// SeedCrowd adds the group crowd with nine accounts that are added too, and
// those with the ids given.
func (c Caller[S]) SeedCrowd(t *testing.T, ids ...string) {
	t.Helper()
	crowd := c.SeedGroup(t, "crowd")
	for i := range 9 {
		ids = append(ids, c.Seed(t, fmt.Sprintf("seeded%d", i)).ID)
	}
	c.Join(t, crowd, ids...)
}

// Join puts accounts in a group.
func (c Caller[S]) Join(t *testing.T, group roster.Group, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := c.Sim.Roster().Join(group.ID, id); err != nil {
			t.Fatal(err)
		}
	}
}
