package cli

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestWhatBecameOfAPushIsSaidInWords(t *testing.T) {
	t.Parallel()
	done := time.Now()
	for name, test := range map[string]struct {
		object store.ScimLogObject
		want   string
	}{
		"just pushed":           {store.ScimLogObject{Pending: &store.ScimPending{}}, "not applied yet"},
		"tried without success": {store.ScimLogObject{Pending: &store.ScimPending{Attempts: 3, Class: "unavailable", Due: done}}, "not applied yet, 3 attempts, next at " + at(done) + ", unavailable"},
		"half of a membership":  {store.ScimLogObject{Pending: &store.ScimPending{Waiting: true}}, "waits for the other end of a membership"},
		"as it was already":     {store.ScimLogObject{Type: "User"}, "nothing to do"},
		"of a type of its own":  {store.ScimLogObject{Type: "Agency"}, "kept"},
		"taken up for nothing":  {store.ScimLogObject{Type: "Group", Run: 4, Done: done}, "nothing to do"},
		"in two targets": {store.ScimLogObject{Type: "User", Run: 12, Done: done, Changes: []store.Count{
			{Target: "cloud", Kind: "account.create", State: "applied", Count: 1}, {Target: "cloud", Kind: "membership.add", State: "refused", Class: "refused", Count: 2},
			{Target: "lab", Kind: "account.suspend", State: "held", Class: "over-limit", Count: 1},
		}}, "cloud: account.create applied, 2 membership.add refused; lab: account.suspend held (over-limit) (run 12)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := becameOf(test.object); got != test.want {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}

func TestEveryClassThatKeepsAPushHasAdviceThatDoesNotStartARun(t *testing.T) {
	t.Parallel()
	for class := range pushAdvice {
		if advice[class] == "" {
			t.Errorf("%s has advice for pushes and none for runs", class)
		}
	}
	for _, class := range []directory.Class{directory.ClassUnavailable, directory.ClassRateLimited, directory.ClassNoLink, directory.ClassNoEmail, directory.ClassRefused} {
		text := adviceOnPush(string(class), place{connection: "staff", target: "cloud", run: 12})
		if text == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "run again") {
			t.Errorf("%s: %q", class, text)
		}
	}
	if got := adviceOnPush(string(directory.ClassOverLimit), place{connection: "staff", run: 12}); !strings.Contains(got, "rollcall run 12 --state held") {
		t.Errorf("what a run says is said of a push too: %q", got)
	}
	if got := adviceOnPush("", place{}); got != "" {
		t.Errorf("without a class: %q", got)
	}
}

func TestARefusalIsPrintedWithItsReasonAndAdviceOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{out: bufio.NewWriter(&out), now: time.Now}
	l := &scimLog{program: p, connection: "staff", said: map[string]bool{}}
	refused := store.ScimLogEntry{ID: 1, At: time.Now(), Token: "okta", Client: "Okta SCIM Client 1.0.0\x1b[31m", Address: "192.0.2.7", Method: "POST", Path: "/Users",
		Status: http.StatusConflict, Took: 1234 * time.Microsecond, Summary: "create a user", Detail: "userName is taken"}
	l.printEntry(refused)
	l.printEntry(refused)
	if err := p.out.Flush(); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for text, times := range map[string]int{
		"  409  POST /Users  create a user  (okta, Okta SCIM Client 1.0.0\ufffd[31m, 192.0.2.7, 1.2ms)\n    refused: userName is taken\n": 2,
		"→ Another object has that userName or displayName.":                                                                              1, "rollcall scim show staff": 1, "\x1b": 0,
	} {
		if n := strings.Count(got, text); n != times {
			t.Errorf("%q is there %d times; want %d:\n%s", text, n, times, got)
		}
	}
}
