package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// scripted is a log that has other entries each time it is read; after the
// last time, the command is interrupted.
type scripted struct {
	*testing.T
	times     [][]store.ScimLogEntry
	err       error
	interrupt context.CancelFunc
	asked     []store.ScimLogFilter
}

func (s *scripted) ScimLog(ctx context.Context, connection string, f store.ScimLogFilter) ([]store.ScimLogEntry, error) {
	if connection != "staff" {
		s.Errorf("the log of %q is read; want that of staff", connection)
	}
	s.asked = append(s.asked, f)
	n := len(s.asked) - 1
	if n >= len(s.times) {
		s.interrupt()
		return nil, errors.Join(s.err, ctx.Err())
	}
	var entries []store.ScimLogEntry
	for _, e := range s.times[n] {
		if e.ID > f.After {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// followed runs a following over a script and returns what it printed.
func followedOver(t *testing.T, asJSON bool, s *scripted) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.T, s.interrupt = t, cancel
	var out bytes.Buffer
	p := &program{out: bufio.NewWriter(&out), now: time.Now, json: asJSON}
	l := &scimLog{program: p, requests: s, connection: "staff", filter: store.ScimLogFilter{Limit: 3, Refused: true}, every: time.Millisecond, said: map[string]bool{}}
	err := l.follow(ctx)
	if flushErr := p.out.Flush(); flushErr != nil {
		t.Fatal(flushErr)
	}
	return out.String(), err
}

func request(id int64, path string, objects ...store.ScimLogObject) store.ScimLogEntry {
	return store.ScimLogEntry{ID: id, At: time.Now(), Method: "POST", Path: path, Status: 201, Took: 3 * time.Millisecond, Objects: objects}
}

func pendingObject() store.ScimLogObject {
	return store.ScimLogObject{ScimID: "1f", Type: "User", Label: "ada", Pending: &store.ScimPending{Since: time.Now(), Due: time.Now()}}
}

func appliedObject() store.ScimLogObject {
	return store.ScimLogObject{ScimID: "1f", Type: "User", Label: "ada", Run: 12, Done: time.Now(),
		Changes: []store.Count{{Target: "cloud", Kind: "account.create", State: "applied", Count: 1}}}
}

// shape leaves times out of what was printed.
func shape(printed string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(printed), "\n") {
		if len(line) > 19 && line[4] == '-' && line[13] == ':' {
			line = line[19:]
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func TestFollowPrintsEachRequestOnceAndAgainWhenItIsApplied(t *testing.T) {
	t.Parallel()
	one, two := request(7, "/Users", pendingObject()), request(9, "/Users/1f")
	applied := one
	applied.Objects = []store.ScimLogObject{appliedObject()}
	printed, err := followedOver(t, false, &scripted{times: [][]store.ScimLogEntry{{one}, {one}, {one, two}, {applied, two}, {applied, two}}})
	if err != nil {
		t.Errorf("an interrupt is an error: %v", err)
	}
	want := []string{"201  POST /Users  (3ms)", "User ada: not applied yet", "201  POST /Users/1f  (3ms)",
		"…    POST /Users", "User ada: cloud: account.create applied (run 12)"}
	if diff := cmp.Diff(want, shape(printed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFollowSeesARequestWhoseRowCameLate(t *testing.T) {
	t.Parallel()
	a, late, b := request(7, "/a"), request(8, "/late"), request(9, "/b")
	s := &scripted{times: [][]store.ScimLogEntry{{a}, {a, b}, {a, late, b}}}
	printed, err := followedOver(t, false, s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"201  POST /a  (3ms)", "201  POST /b  (3ms)", "201  POST /late  (3ms)"}
	if diff := cmp.Diff(want, shape(printed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, asked := range s.asked {
		if !asked.Refused {
			t.Error("the filter is lost while following")
		}
	}
}

func TestFollowPrintsWhatComesTogetherInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	write, read := request(7, "/write"), request(8, "/read")
	read.At = write.At.Add(-time.Second)
	printed, err := followedOver(t, false, &scripted{times: [][]store.ScimLogEntry{{write, read}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"201  POST /read  (3ms)", "201  POST /write  (3ms)"}, shape(printed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFollowReadsNothingOldAgain(t *testing.T) {
	t.Parallel()
	old := request(7, "/old", pendingObject())
	old.At = time.Now().Add(-time.Hour)
	s := &scripted{times: [][]store.ScimLogEntry{{old}, {request(8, "/new")}, {request(8, "/new")}}}
	if _, err := followedOver(t, false, s); err != nil {
		t.Fatal(err)
	}
	if got := s.asked[1].After; got != 7 {
		t.Errorf("after an hour, entries after %d are read; want after 7", got)
	}
}

func TestFollowIsOneObjectALineWithJSON(t *testing.T) {
	t.Parallel()
	one := request(7, "/Users", pendingObject())
	applied := one
	applied.Objects = []store.ScimLogObject{appliedObject()}
	printed, err := followedOver(t, true, &scripted{times: [][]store.ScimLogEntry{{one}, {applied}}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines; want two:\n%s", len(lines), printed)
	}
	for _, line := range lines {
		var e store.ScimLogEntry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.ID != 7 {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestFollowEndsWithADatabaseThatFails(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	ctx := t.Context()
	s := &scripted{T: t, interrupt: func() {}, err: gone}
	p := &program{out: bufio.NewWriter(&bytes.Buffer{}), now: time.Now}
	l := &scimLog{program: p, requests: s, connection: "staff", every: time.Millisecond, said: map[string]bool{}}
	if err := l.follow(ctx); !errors.Is(err, gone) {
		t.Errorf("error %v; want the database's", err)
	}
}
