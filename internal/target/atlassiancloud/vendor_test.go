package atlassiancloud

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// The endpoints, as errors and buckets call them.
const (
	orgPath       = "/v2/orgs/{orgId}"
	dirPath       = orgPath + "/directories/{directoryId}"
	searchUsers   = "POST " + dirPath + "/users/search"
	searchGroups  = "POST " + dirPath + "/groups/search"
	getAccount    = "GET " + dirPath + "/users/{accountId}"
	suspend       = "POST " + dirPath + "/users/{accountId}/suspend"
	restore       = "POST " + dirPath + "/users/{accountId}/restore"
	getGroup      = "GET " + dirPath + "/groups/{groupId}"
	createGroup   = "POST " + dirPath + "/groups"
	addMember     = "POST " + dirPath + "/groups/{groupId}/memberships"
	removeMember  = "DELETE " + dirPath + "/groups/{groupId}/memberships/{accountId}"
	invite        = "POST " + orgPath + "/users/invite"
	workspaces    = "POST " + orgPath + "/workspaces"
	directories   = "GET " + orgPath + "/directories"
	patchProfile  = "PATCH /users/{account_id}/manage/profile"
	getProfile    = "GET /users/{account_id}/manage/profile"
	disable       = "POST /users/{account_id}/manage/lifecycle/disable"
	enable        = "POST /users/{account_id}/manage/lifecycle/enable"
	deleteAccount = "DELETE " + dirPath + "/users/{accountId}"
	putEmail      = "PUT /users/{account_id}/manage/email"
	getManage     = "GET /users/{account_id}/manage"
	emptyPage     = `{"data":[],"links":{}}`
	testKey       = "ATCTT3-organisation-key"
	testOrg       = "org-1"
	testDirectory = "dir-1"
)

// reply is one answer of the vendor.
type reply struct {
	status int
	body   string
	header map[string]string
	// answer takes the place of all that, if set.
	answer func(w http.ResponseWriter, body []byte)
}

// request is one that was received.
type request struct {
	endpoint string
	path     string
	query    string
	header   http.Header
	body     []byte
}

// vendor answers each endpoint with its replies in turn, the last one for
// ever. An endpoint without any is answered 418, which no test expects.
type vendor struct {
	mu       sync.Mutex
	replies  map[string][]reply
	received []request
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := endpointOf(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	v.mu.Lock()
	v.received = append(v.received, request{endpoint, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body})
	answer := reply{status: http.StatusTeapot}
	if left := v.replies[endpoint]; len(left) > 0 {
		answer = left[0]
		if len(left) > 1 {
			v.replies[endpoint] = left[1:]
		}
	}
	v.mu.Unlock()
	if answer.answer != nil {
		answer.answer(w, body)
		return
	}
	for name, value := range answer.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.status)
	if _, err := io.WriteString(w, answer.body); err != nil {
		return
	}
}

// sent returns the requests that an endpoint received.
func (v *vendor) sent(endpoint string) []request {
	v.mu.Lock()
	defer v.mu.Unlock()
	var sent []request
	for _, one := range v.received {
		if one.endpoint == endpoint {
			sent = append(sent, one)
		}
	}
	return sent
}

// counts returns how often each endpoint was called.
func (v *vendor) counts() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := make(map[string]int)
	for _, one := range v.received {
		counts[one.endpoint]++
	}
	return counts
}

// against starts a vendor that answers so, and a target that talks to it.
func against(t *testing.T, replies map[string][]reply, change ...func(*Config)) (*Target, *vendor) {
	t.Helper()
	v := &vendor{replies: replies}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	config := Config{
		BaseURL: server.URL, Organization: testOrg, Directory: testDirectory, APIKey: testKey, Transport: transport,
	}
	for _, c := range change {
		c(&config)
	}
	target, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	// As many looks as in production, closer together.
	for i := range target.readBackWaits {
		target.readBackWaits[i] = time.Duration(i+1) * time.Millisecond
	}
	return target, v
}

func decodeBody[T any](t *testing.T, r request) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%s: body %q: %v", r.endpoint, r.body, err)
	}
	return out
}

// problem is an error body of the organisation API.
func problem(status int, code string) reply {
	body, err := json.Marshal(map[string]any{"errors": []map[string]string{{
		"id": "1", "code": code, "title": "title", "detail": "the vendor's words",
	}}})
	if err != nil {
		panic(err)
	}
	return reply{status: status, body: string(body)}
}

func cut() reply {
	return reply{answer: func(http.ResponseWriter, []byte) { panic(http.ErrAbortHandler) }}
}

func person1(id, email string) string {
	return `{"data":[{"accountId":"` + id + `","email":"` + email + `","status":"active","accountStatus":"active",` +
		`"membershipStatus":"active","claimStatus":"managed"}],"links":{}}`
}

func contains(all []string, one string) bool { return slices.Contains(all, one) }

// endpointOf names the endpoint of a request: the method and the path with its
// ids taken out, such as "POST /v2/orgs/{orgId}/users/invite".
func endpointOf(request *http.Request) string {
	path := request.URL.Path
	if _, below, found := strings.Cut(path, "/admin/v"); found {
		path = "/v" + below
	} else if at := strings.Index(path, "/users/"); at >= 0 {
		path = path[at:]
	}
	segments := strings.Split(path, "/")
	manage := len(segments) > 1 && segments[1] == "users"
	for i := 1; i < len(segments); i++ {
		switch previous, segment := segments[i-1], segments[i]; {
		case previous == "orgs":
			segments[i] = "{orgId}"
		case previous == "directories":
			segments[i] = "{directoryId}"
		case previous == "groups" && segment != "search" && segment != "count" && segment != "stats":
			segments[i] = "{groupId}"
		case previous == "memberships", previous == "users" && !manage &&
			segment != "search" && segment != "count" && segment != "stats" && segment != "invite":
			segments[i] = "{accountId}"
		case previous == "users" && manage && i == 2:
			segments[i] = "{account_id}"
		}
	}
	return request.Method + " " + strings.Join(segments, "/")
}
