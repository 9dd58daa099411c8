package oktasim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

const token = "the-token"

// org is a stand-in over HTTP and what a test needs to ask it.
type org struct {
	t      *testing.T
	sim    *oktasim.Sim
	engine *fault.Engine
	server *httptest.Server
}

// answer is a reply, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newOrg(t *testing.T, of people.Organisation, change ...func(*oktasim.Options)) *org {
	t.Helper()
	opts := oktasim.Options{Token: token, Engine: fault.New(1)}
	for _, c := range change {
		c(&opts)
	}
	sim := oktasim.New(opts)
	if err := sim.Load(of); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	return &org{t, sim, opts.Engine, server}
}

// in is the same organisation, asked by a subtest.
func (o *org) in(t *testing.T) *org {
	return &org{t, o.sim, o.engine, o.server}
}

// small is five people, of whom one has left, in three groups.
func small() people.Organisation {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	o := people.Organisation{Groups: []people.Group{
		{Name: "Engineers", Type: people.OktaGroup, Created: at, Assigned: true},
		{Name: "Empty", Type: people.OktaGroup, Created: at},
		{Name: "Imported", Type: people.AppGroup, Created: at},
	}}
	for i, p := range []people.Person{
		{FirstName: "Ann", LastName: "O'Neill", Status: people.Active, Groups: []int{0, 2}},
		{FirstName: "Ben", LastName: "Berg", Status: people.Suspended, Groups: []int{0}},
		{FirstName: "Cleo", LastName: "Costa", Status: people.Deprovisioned, Groups: []int{0}},
		{FirstName: "Dan", LastName: "Díaz", Status: people.Staged, AppUser: true},
		{FirstName: "Eve", LastName: "Evans", Status: people.Active},
	} {
		p.Login = strings.ToLower(p.FirstName) + "@acme.example"
		p.Email = p.FirstName + "@acme.example"
		p.Created, p.LastUpdated = at, at.Add(time.Duration(i)*time.Hour)
		o.People = append(o.People, p)
	}
	return o
}

// many is n active people who are all in one group.
func many(n int) people.Organisation {
	return people.People(n, 1, 1, people.Options{Uniform: true, Memberships: 1})
}

func (o *org) do(method, target, body string, change ...func(*http.Request)) (answer, error) {
	o.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = o.server.URL + target
	}
	r, err := http.NewRequestWithContext(o.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	resp, err := o.server.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, text}, err
}

func (o *org) call(method, target, body string) answer {
	o.t.Helper()
	a, err := o.do(method, target, body)
	if err != nil {
		o.t.Fatalf("%s %s: %v", method, target, err)
	}
	return a
}

// must is call, and fails unless the status is the one given.
func (o *org) must(status int, method, target, body string) answer {
	o.t.Helper()
	a := o.call(method, target, body)
	if a.status != status {
		o.t.Fatalf("%s %s: status %d, want %d: %s", method, target, a.status, status, a.body)
	}
	return a
}

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("decode %.200s: %v", a.body, err)
	}
	return v
}

// object is what the tests read of users, groups and assignments.
type object struct {
	ID, Status, Scope     string
	LastUpdated           string
	LastMembershipUpdated string
	EventType             string
	Profile               struct {
		Login, Email, FirstName, LastName, Name, Description, NickName string
	}
	Embedded struct {
		User  *object
		Group *object
		Stats *struct{ UsersCount int }
	} `json:"_embedded"`
}

var linkLine = regexp.MustCompile(`^<([^>]+)>; rel="(self|next)"$`)

// links reads the Link headers, each of which must be on a line of its own.
func links(t *testing.T, a answer) (self, next string) {
	t.Helper()
	for _, line := range a.header.Values("Link") {
		match := linkLine.FindStringSubmatch(line)
		if match == nil {
			t.Fatalf("link %q", line)
		}
		if match[2] == "self" {
			self = match[1]
		} else {
			next = match[1]
		}
	}
	return self, next
}

// list follows next links to the end and returns the objects and the sizes of
// the pages.
func (o *org) list(target string) (all []object, pages []int) {
	o.t.Helper()
	for target != "" {
		a := o.must(http.StatusOK, "GET", target, "")
		page := decode[[]object](o.t, a)
		all, pages = append(all, page...), append(pages, len(page))
		if len(pages) > 1000 {
			o.t.Fatal("the list has no end")
		}
		_, target = links(o.t, a)
	}
	return all, pages
}

func (o *org) filtered(path, parameter, expression string) []object {
	o.t.Helper()
	all, _ := o.list(path + "?" + url.Values{parameter: {expression}}.Encode())
	return all
}

func ids(objects []object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.ID)
	}
	return all
}

func firstNames(objects []object) string {
	var all []string
	for _, o := range objects {
		all = append(all, o.Profile.FirstName)
	}
	return strings.Join(all, " ")
}

func (o *org) userID(login string) string {
	o.t.Helper()
	return decode[object](o.t, o.must(200, "GET", "/api/v1/users/"+login, "")).ID
}

func (o *org) groupID(name string) string {
	o.t.Helper()
	for _, g := range o.sim.State().Groups {
		if g.Name == name {
			return g.ID
		}
	}
	o.t.Fatalf("there is no group %s", name)
	return ""
}

// problem is the vendor's error body.
type problem struct {
	ErrorCode, ErrorSummary, ErrorLink, ErrorID string
	ErrorCauses                                 []struct{ ErrorSummary string }
}

func (p problem) String() string { return fmt.Sprintf("%s %s", p.ErrorCode, p.ErrorSummary) }
