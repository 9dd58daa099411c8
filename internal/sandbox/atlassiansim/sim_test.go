package atlassiansim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// org is a stand-in that is served, with the few ids that tests need.
type org struct {
	t      *testing.T
	sim    *atlassiansim.Sim
	engine *fault.Engine
	url    string
	// v1, v2 and dir are the beginnings of paths.
	v1, v2, dir string
	jira, wiki  string
}

type middleware func(http.Handler) http.Handler

// start serves a fresh organisation. Each middleware stands around the one
// before it.
func start(t *testing.T, opts atlassiansim.Options, around ...middleware) *org {
	t.Helper()
	if opts.Engine == nil {
		opts.Engine = fault.New(1)
	}
	if opts.Managed == nil {
		opts.Managed = []string{"example.com"}
	}
	site := atlassiansim.Site{Name: "acme", ID: "site-1", Products: []string{"jira-software", "confluence"}}
	opts.Sites = []atlassiansim.Site{site}
	sim := atlassiansim.New(opts)
	handler := sim.Handler()
	for _, m := range around {
		handler = m(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &org{
		t: t, sim: sim, engine: opts.Engine, url: server.URL,
		v1: "/admin/v1/orgs/" + sim.OrgID(), v2: "/admin/v2/orgs/" + sim.OrgID(),
		dir:  "/admin/v2/orgs/" + sim.OrgID() + "/directories/" + sim.DirectoryID(),
		jira: atlassiansim.ProductResource(site, "jira-software"), wiki: atlassiansim.ProductResource(site, "confluence"),
	}
}

// specs returns the checkers of both APIs; refusals of wrong requests are no
// violation.
func specs(t *testing.T) (around []middleware, organizations, users *speccheck.Checker) {
	t.Helper()
	organizations = speccheck.Load(t, speccheck.AtlassianOrganizations).AllowRefused()
	users = speccheck.Load(t, speccheck.AtlassianUserManagement).AllowRefused()
	return []middleware{organizations.Handler, users.Handler}, organizations, users
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("decode %d %s: %v", a.status, a.body, err)
	}
}

// code is the code of the first error, or the key of user management's.
func (a answer) code() string {
	var body struct {
		Errors  []struct{ Code string }
		Key     string
		Message string
	}
	if json.Unmarshal([]byte(a.body), &body) != nil {
		return ""
	}
	if len(body.Errors) > 0 {
		return body.Errors[0].Code
	}
	if body.Message != "" && body.Key == "" {
		return "gateway"
	}
	return body.Key
}

// do sends a body as it is if it is a string, as JSON otherwise.
func (o *org) do(method, path string, body any, edit ...func(r *http.Request)) answer {
	o.t.Helper()
	var reader io.Reader
	if text, ok := body.(string); ok {
		reader = strings.NewReader(text)
	} else if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			o.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, reader)
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+o.sim.APIKey())
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, e := range edit {
		e(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() {
		if err := response.Body.Close(); err != nil {
			o.t.Error(err)
		}
	}()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func (o *org) must(status int, method, path string, body any) answer {
	o.t.Helper()
	a := o.do(method, path, body)
	if a.status != status {
		o.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

type object = map[string]any

// invite adds people and returns their ids.
func (o *org) invite(emails ...string) []string {
	o.t.Helper()
	var ids []string
	for chunk := range slices.Chunk(emails, 25) {
		var page struct{ Data []struct{ ID string } }
		o.must(http.StatusOK, http.MethodPost, o.v2+"/users/invite", object{"emails": chunk}).decode(o.t, &page)
		for _, d := range page.Data {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// group makes a group and returns its id, as a client has to: by looking.
func (o *org) group(name string) string {
	o.t.Helper()
	if a := o.must(http.StatusCreated, http.MethodPost, o.dir+"/groups", object{"name": name}); a.body != "" {
		o.t.Fatalf("the answer has a body: %s", a.body)
	}
	var page struct{ Data []struct{ ID string } }
	o.must(http.StatusOK, http.MethodPost, o.dir+"/groups/search", object{"groupNames": []string{name}}).decode(o.t, &page)
	if len(page.Data) != 1 {
		o.t.Fatalf("found %d groups named %s", len(page.Data), name)
	}
	return page.Data[0].ID
}

func (o *org) account(id string) atlassiansim.Account {
	o.t.Helper()
	accounts := o.sim.State().Accounts
	i := slices.IndexFunc(accounts, func(a atlassiansim.Account) bool { return a.ID == id })
	if i < 0 {
		o.t.Fatalf("there is no account %s", id)
	}
	return accounts[i]
}

func (o *org) groupNamed(name string) atlassiansim.Group {
	o.t.Helper()
	groups := o.sim.State().Groups
	i := slices.IndexFunc(groups, func(g atlassiansim.Group) bool { return g.Name == name })
	if i < 0 {
		o.t.Fatalf("there is no group %s", name)
	}
	return groups[i]
}

type page struct {
	Data []struct {
		AccountID string
		ID        string
		Name      string
		Email     string
		Status    string
	}
	Links struct{ Next string }
}

// search asks for one page of users.
func (o *org) search(query object) page {
	o.t.Helper()
	var p page
	o.must(http.StatusOK, http.MethodPost, o.dir+"/users/search", query).decode(o.t, &p)
	return p
}

func (p page) ids() []string {
	ids := []string{}
	for _, d := range p.Data {
		ids = append(ids, d.AccountID)
	}
	return ids
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
