package fault_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// standIn serves one write and one list under an engine.
type standIn struct {
	engine *fault.Engine
	url    string
	client *http.Client

	mu        sync.Mutex
	performed int
	effects   []fault.Kind
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{engine: fault.New(7)}
	router := mux.NewRouter()
	router.HandleFunc("/things/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.performed++
		s.mu.Unlock()
		fault.Applied(r, "change:"+mux.Vars(r)["id"])
		fault.Applied(r, "also:"+mux.Vars(r)["id"])
		w.WriteHeader(http.StatusCreated)
	}).Methods("POST")
	router.HandleFunc("/things", func(w http.ResponseWriter, r *http.Request) {
		effect := s.engine.ListEffect(r)
		s.mu.Lock()
		s.effects = append(s.effects, effect)
		s.mu.Unlock()
		_, _ = io.WriteString(w, "[]")
	}).Methods("GET")
	server := httptest.NewServer(s.engine.Wrap("okta", router, func(w http.ResponseWriter, r *http.Request, status int) {
		http.Error(w, "vendor says "+fault.RetryAfterOf(r), status)
	}))
	t.Cleanup(server.Close)
	s.url, s.client = server.URL, server.Client()
	return s
}

func (s *standIn) post(t *testing.T, path, body string) (*http.Response, error) {
	t.Helper()
	resp, err := s.client.Post(s.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatalf("close answer: %v", err)
	}
	resp.Body = io.NopCloser(strings.NewReader(string(text)))
	return resp, nil
}

func (s *standIn) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.performed
}

func TestFaultsOfWholeCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		rule      fault.Rule
		status    int // 0: the connection is cut
		performed int
		retry     string
	}{
		{"a call without a rule for it is performed", fault.Rule{Kind: fault.Status, Status: 500, Path: "^/other"}, 201, 1, ""},
		{"a status is answered and the call is not performed", fault.Rule{Kind: fault.Status, Status: 503}, 503, 0, ""},
		{"a 429 carries the Retry-After it is given", fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "7"}, 429, 0, "7"},
		{"a 429 without Retry-After has no such header", fault.Rule{Kind: fault.Status, Status: 429}, 429, 0, ""},
		{"a cut before means that nothing was done", fault.Rule{Kind: fault.CutBefore}, 0, 0, ""},
		{"a cut after means that it was done and nobody was told", fault.Rule{Kind: fault.CutAfter}, 0, 1, ""},
		{"latency delays and performs", fault.Rule{Kind: fault.Latency, Delay: fault.Duration(20 * time.Millisecond)}, 201, 1, ""},
		{"a rule for another API does not apply", fault.Rule{Kind: fault.CutBefore, API: "atlassian"}, 201, 1, ""},
		{"a rule for another method does not apply", fault.Rule{Kind: fault.CutBefore, Method: "GET"}, 201, 1, ""},
		{"a rule for another body does not apply", fault.Rule{Kind: fault.CutBefore, MatchBody: "somebody@else"}, 201, 1, ""},
		{"a rule for another query does not apply", fault.Rule{Kind: fault.CutBefore, MatchQuery: "name=somebody"}, 201, 1, ""},
		{"a rule for this body applies", fault.Rule{Kind: fault.Status, Status: 400, MatchBody: "me@here"}, 400, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t)
			id := s.engine.Add(test.rule)
			began := time.Now()
			resp, err := s.post(t, "/things/1", `{"email":"me@here"}`)
			if (err != nil) != (test.status == 0) {
				t.Fatalf("answer %v, error %v; want status %d", resp, err, test.status)
			}
			if resp != nil {
				if resp.StatusCode != test.status || resp.Header.Get("Retry-After") != test.retry {
					t.Errorf("status %d, Retry-After %q; want %d, %q", resp.StatusCode, resp.Header.Get("Retry-After"), test.status, test.retry)
				}
			}
			if s.times() != test.performed {
				t.Errorf("performed %d times, want %d", s.times(), test.performed)
			}
			if waited := time.Since(began); waited < time.Duration(test.rule.Delay) {
				t.Errorf("answered after %s, want at least %s", waited, time.Duration(test.rule.Delay))
			}
			calls := s.engine.Calls()
			if len(calls) != 1 || calls[0].Applied != (test.performed == 1) {
				t.Errorf("log %+v", calls)
			}
			changed := test.status != 201 || test.rule.Kind == fault.Latency
			if (s.engine.Hits(id) == 1) != changed {
				t.Errorf("the rule was applied %d times", s.engine.Hits(id))
			}
		})
	}
}

func TestARuleSkipsTheFirstAndEndsAfterItsTimes(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	s.engine.Add(fault.Rule{Kind: fault.Status, Status: 500, After: 1, Times: 2})
	var statuses []int
	for range 5 {
		resp, err := s.post(t, "/things/1", "")
		if err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, resp.StatusCode)
	}
	if diff := cmp.Diff([]int{201, 500, 500, 201, 201}, statuses); diff != "" {
		t.Error(diff)
	}
}

func TestProbabilityDrawsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	draw := func() string {
		s := newStandIn(t)
		s.engine.Add(fault.Rule{Kind: fault.Status, Status: 500, Probability: 0.5})
		var drawn strings.Builder
		for range 30 {
			resp, err := s.post(t, "/things/1", "")
			if err != nil {
				t.Fatal(err)
			}
			drawn.WriteString(resp.Status[:1])
		}
		return drawn.String()
	}
	first, second := draw(), draw()
	if first != second {
		t.Errorf("%s, then %s", first, second)
	}
	if !strings.Contains(first, "2") || !strings.Contains(first, "5") {
		t.Errorf("half of the calls should fail: %s", first)
	}
}

func TestListEffectsReachTheListAndNotTheCall(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	id := s.engine.Add(fault.Rule{Kind: fault.Half, Path: "^/things$", Times: 1})
	for range 2 {
		resp, err := s.client.Get(s.url + "/things")
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if diff := cmp.Diff([]fault.Kind{fault.Half, ""}, s.effects); diff != "" {
		t.Error(diff)
	}
	if s.engine.Hits(id) != 1 {
		t.Errorf("applied %d times, want once", s.engine.Hits(id))
	}
}

func TestTheLogNamesTheRouteAndWhatWasChanged(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	for _, path := range []string{"/things/1", "/things/2", "/things/2"} {
		if _, err := s.post(t, path, ""); err != nil {
			t.Fatal(err)
		}
	}
	calls := s.engine.Calls()
	if len(calls) != 3 {
		t.Fatalf("%d calls, want 3", len(calls))
	}
	want := fault.Call{
		Seq: 2, API: "okta", Method: "POST", Route: "POST /things/{id}", Path: "/things/2",
		Status: 201, Write: true, Applied: true, Key: "change:2\nalso:2",
	}
	got := calls[1]
	got.At = time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"POST /things/{id}": 3}, s.engine.Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"change:1": 1, "also:1": 1, "change:2": 2, "also:2": 2}, s.engine.AppliedKeys()); diff != "" {
		t.Error(diff)
	}
	s.engine.ResetCalls()
	s.engine.SetLogging(false)
	if _, err := s.post(t, "/things/1", ""); err != nil {
		t.Fatal(err)
	}
	if calls := s.engine.Calls(); len(calls) != 0 || s.engine.Counts()["POST /things/{id}"] != 1 {
		t.Errorf("with logging off, only counts are kept: %v, %v", calls, s.engine.Counts())
	}
}

func TestHooksRunBeforeAndAfterTheChange(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	type seen struct {
		Phase     string
		Performed int
		Applied   bool
	}
	var got []seen
	s.engine.OnCall(func(phase string, c fault.Call) {
		got = append(got, seen{phase, s.times(), c.Applied})
	})
	if _, err := s.post(t, "/things/1", ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]seen{{"before", 0, false}, {"after", 1, true}}, got); diff != "" {
		t.Error(diff)
	}
}

// A caller that had all of an answer could go on, and send its next call over
// the connection that the hook holds.
func TestNothingOfAnAnswerLeavesBeforeTheHookHasRun(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	const body = "an answer"
	handler := engine.Wrap("api", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, body)
	}), func(w http.ResponseWriter, _ *http.Request, status int) { w.WriteHeader(status) })
	answer := httptest.NewRecorder()
	hooks := 0
	engine.OnCall(func(string, fault.Call) {
		hooks++
		if answer.Body.Len() > 0 {
			t.Errorf("%q has left before the hook", answer.Body)
		}
	})
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if hooks != 2 || answer.Code != http.StatusCreated || answer.Body.String() != body {
		t.Errorf("%d hooks, answered %d %q", hooks, answer.Code, answer.Body)
	}
}

func TestACallerWhoGoesAwayIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	s.engine.Add(fault.Rule{Kind: fault.Latency, Delay: fault.Duration(time.Hour)})
	s.client.Timeout = 20 * time.Millisecond
	_, err := s.post(t, "/things/1", "")
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("want a timeout, got %v", err)
	}
	if s.times() != 0 {
		t.Error("the call was performed")
	}
	// The server's Close in Cleanup waits for the handler: it must have ended.
}

func TestWhatWasDoneIsDisownedAndCannotBeSeen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, want string
	}{
		{"by the vendor's own refusals", "", "vendor says \n"},
		{"by answers that say nothing", "{}", "{}"},
		{"by the page of a proxy", "<html></html>", "<html></html>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t)
			id := s.engine.Add(fault.Rule{Kind: fault.Disown, Status: 400, Then: fault.Answer{Status: 409, Body: test.body}})
			read := func() (int, string) {
				resp, err := s.client.Get(s.url + "/things")
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				if err := errors.Join(err, resp.Body.Close()); err != nil {
					t.Fatal(err)
				}
				return resp.StatusCode, string(text)
			}
			if status, text := read(); status != 200 || text != "[]" {
				t.Errorf("before anything was done: %d, %s", status, text)
			}
			for n := 1; n <= 2; n++ {
				resp, err := s.post(t, "/things/1", "")
				if err != nil || resp.StatusCode != 400 || s.times() != n {
					t.Errorf("write %d: %+v, %v, performed %d times", n, resp, err, s.times())
				}
				if status, text := read(); status != 409 || text != test.want {
					t.Errorf("after it: %d, %q", status, text)
				}
			}
			s.engine.Remove(id)
			if status, text := read(); status != 200 || text != "[]" {
				t.Errorf("once the fault is gone: %d, %s", status, text)
			}
		})
	}
}
