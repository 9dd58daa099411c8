package scenario

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// operation is an operation of a stand-in, as its own log calls it.
type operation struct {
	route string
	fits  *regexp.Regexp
}

var parameter = regexp.MustCompile(`\\\{[^}]*\\\}`)

func operationOf(route string) operation {
	method, template, _ := strings.Cut(route, " ")
	// A router inside another tells no prefix.
	return operation{route, regexp.MustCompile("^" + method + " (/admin)?" + parameter.ReplaceAllString(regexp.QuoteMeta(template), "[^/]+") + "$")}
}

// operations are those of each kind that runs use: whatever reached the
// stand-ins in some.
func operations(t *testing.T) map[string][]operation {
	s := newScenario(t, settings{People: 24, Groups: 6, Uniform: true, Targets: sandbox.Kinds()}).start()
	s.sync(workflows.SyncInput{})
	_, err := s.Box.Change(2, 20)
	s.no(err)
	s.sync(workflows.SyncInput{AllowRemovals: true})
	s.sync(workflows.SyncInput{Full: true, Drift: true})
	found := map[string][]operation{}
	for _, kind := range s.kinds() {
		routes := map[string]bool{}
		for _, call := range s.Box.Engine.Calls() {
			if call.API == s.Box.API(kind) && strings.Contains(call.Route, "/") {
				routes[call.Route] = true
			}
		}
		// One that is written out goes before one with parameters.
		for _, route := range slices.SortedFunc(maps.Keys(routes), func(a, b string) int {
			return 1000*(strings.Count(a, "{")-strings.Count(b, "{")) + strings.Compare(a, b)
		}) {
			found[kind] = append(found[kind], operationOf(route))
		}
		if len(found[kind]) < 5 {
			t.Fatalf("runs use %d operations of %s", len(found[kind]), kind)
		}
	}
	return found
}

// liar stands before a stand-in and answers a call of each operation wrongly.
type liar struct {
	standIn   http.Handler
	elsewhere string
	knows     []operation

	mu sync.Mutex
	// armed are the replies to come, by route, and passed how many calls of it are
	// still answered truly before.
	armed   map[string]wrongReply
	passed  map[string]int
	told    map[string]string
	earlier map[string][][]byte
}

// arm has one call of each operation that was not lied to yet answered wrongly,
// each in another way in each round.
func (l *liar) arm(round int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	replies := wrongReplies()
	for i, o := range l.knows {
		reply := replies[(i+round)%len(replies)]
		// What is said to be done counts as done: nobody looks whether who was taken
		// out is out.
		if reply.lies && (strings.HasPrefix(o.route, http.MethodDelete) || strings.Contains(o.route, "/remove-")) {
			continue
		}
		if l.told[o.route] == "" {
			l.armed[o.route], l.passed[o.route] = reply, round%3/2*2
		}
	}
}

func (l *liar) disarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.armed)
}

// next is the operation of a request, and how to answer it wrongly, if at all.
func (l *liar) next(r *http.Request) (route string, reply func(exchange), earlier [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := r.Method + " " + r.URL.EscapedPath()
	at := slices.IndexFunc(l.knows, func(o operation) bool { return o.fits.MatchString(name) })
	if at < 0 {
		return "", nil, nil
	}
	route = l.knows[at].route
	wrong, armed := l.armed[route]
	if !armed {
		return route, nil, nil
	}
	if l.passed[route] > 0 {
		l.passed[route]--
		return route, nil, nil
	}
	delete(l.armed, route)
	l.told[route] = wrong.name
	return route, wrong.reply, slices.Clone(l.earlier[route])
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, reply, earlier := l.next(r)
	do := func() *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		l.standIn.ServeHTTP(answer, r)
		l.mu.Lock()
		defer l.mu.Unlock()
		if answer.Code < 300 && len(l.earlier[route]) < 50 {
			l.earlier[route] = append(l.earlier[route], bytes.Clone(answer.Body.Bytes()))
		}
		return answer
	}
	if reply == nil {
		reply = altered(func(_ exchange, body []byte) []byte { return body })
	}
	reply(exchange{ResponseWriter: w, Request: r, do: do, earlier: earlier, elsewhere: l.elsewhere})
}

// Every operation that runs use is answered wrongly once, in all kinds at once,
// and in each round each in another way; ROLLCALL_SWEEP=1 plays all rounds.
func TestAnyWrongAnswerOfATargetTakesNothingDoesNothingTwiceAndIsGotOver(t *testing.T) {
	t.Parallel()
	known := operations(t)
	for round := range wrongReplies() {
		if os.Getenv("ROLLCALL_SWEEP") == "" && round != 5 {
			continue
		}
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			t.Parallel()
			playWrongReplies(t, known, sandbox.Kinds(), round)
		})
	}
}

func playWrongReplies(t *testing.T, known map[string][]operation, kinds []string, round int) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect to another host was followed: %s %s", r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	var liars []*liar
	s := newScenario(t, settings{People: 24, Groups: 4, Uniform: true, Targets: kinds, Database: databases[round/2%2].address(t), Front: func(standIn http.Handler) http.Handler {
		l := &liar{standIn: standIn, elsewhere: elsewhere.URL, armed: map[string]wrongReply{}, passed: map[string]int{}, told: map[string]string{}, earlier: map[string][][]byte{}}
		liars = append(liars, l)
		return l
	}})
	t.Cleanup(func() {
		if t.Failed() {
			for i, kind := range s.kinds() {
				t.Logf("%s was told: %v", kind, liars[i].told)
			}
		}
	})
	for i, kind := range s.kinds() {
		liars[i].knows = known[kind]
	}
	s.start()
	if round%2 == 1 {
		// From the very first run.
		s.lieAndGetOver(liars, round, workflows.SyncInput{}, nil)
	} else {
		s.sync(workflows.SyncInput{})
	}
	s.Box.Mark()
	before := map[string]roster.Snapshot{}
	for _, kind := range s.kinds() {
		before[kind] = s.Box.TargetState(kind)
	}
	_, err := s.Box.Change(int64(round), 6, "join", "rename", "found")
	s.no(err)
	s.lieAndGetOver(liars, round, workflows.SyncInput{Full: true, Drift: true}, before)
	s.Box.Mark()
	_, err = s.Box.Change(int64(round)+100, 16)
	s.no(err)
	s.lieAndGetOver(liars, round, workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true}, nil)
	for i, kind := range s.kinds() {
		if told := len(liars[i].told); told < 3 {
			t.Errorf("%s: only %d operations were answered wrongly", kind, told)
		}
	}
}

// lieAndGetOver plays runs that are lied to, and then others until every target
// equals the source, which takes four at most. None may do anything twice; where
// nothing but additions is due, what each target had before is there all along.
func (s *scenario) lieAndGetOver(liars []*liar, round int, in workflows.SyncInput, before map[string]roster.Snapshot) {
	s.Helper()
	s.Box.Engine.ResetCalls()
	for _, l := range liars {
		l.arm(round)
	}
	for range 2 {
		result := s.sync(in)
		runs, err := s.Worker.Store.Runs(s.Context(), s.Name, 1)
		s.no(err)
		if result.Outcome == workflows.OutcomeFailed && runs[0].Reason == "" {
			s.Errorf("run %d failed and does not say why", result.RunID)
		}
		s.wantKept(before)
	}
	for _, l := range liars {
		l.disarm()
	}
	for range 4 {
		if s.sync(workflows.SyncInput{Full: true, Drift: true, AllowRemovals: true}); len(s.differing()) == 0 {
			break
		}
	}
	s.wantKept(before)
	refused := s.refusedGroups()
	for kind, report := range s.differing() {
		for _, d := range report.Differences {
			// A group that the target said was somebody's is reported, and waits for a person.
			if d.Kind != compare.MemberMissing || !refused[kind] {
				s.Errorf("%s did not come right by itself: %s", kind, d)
			}
		}
	}
	for _, kind := range s.kinds() {
		if again := twice(s.Box.Applied(kind)); len(again) > 0 {
			s.Errorf("%s: done more than once:\n%s", kind, strings.Join(again, "\n"))
		}
	}
}

// wantKept asks that no target has lost anything since before.
func (s *scenario) wantKept(before map[string]roster.Snapshot) {
	s.Helper()
	for kind, state := range before {
		if lost := takenFrom(state, s.Box.TargetState(kind)); len(lost) > 0 {
			s.Errorf("%s: taken away:\n%s", kind, strings.Join(lost, "\n"))
		}
	}
}

// refusedGroups are the kinds in which the last run reports a group that it may
// not adopt.
func (s *scenario) refusedGroups() map[string]bool {
	s.Helper()
	kinds := map[string]bool{}
	for _, c := range s.changes(s.lastRun(), store.ChangeFilter{Kind: string(directory.CreateGroup), States: []string{string(directory.Refused)}}) {
		kinds[c.Target] = c.Class == string(directory.ClassNotAdopted)
	}
	return kinds
}
