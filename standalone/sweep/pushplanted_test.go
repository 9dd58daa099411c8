package sweep

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
)

// person makes a joiner of a script who was answered 2xx.
func (p *pushes) person(email string) *pushedUser {
	u := &pushedUser{User: scimpush.User{UserName: email, Email: email, GivenName: "Ada", FamilyName: "Byron", Active: true}, profiles: 1}
	p.users = append(p.users, u)
	return u
}

func TestTheCheckOfPushesFindsWhatIsMissingOrDoneTwice(t *testing.T) {
	t.Parallel()
	p := newPushes(1)
	ada, gone := p.person("ada@acme.example"), p.person("gone@acme.example")
	gone.Active, gone.suspends = false, 1
	staff := &pushedGroup{name: "staff", members: map[*pushedUser]bool{ada: true}, added: map[*pushedUser]int{ada: 1}, removed: map[*pushedUser]int{}}
	p.groups = append(p.groups, staff)
	right := func() atlassiansim.Snapshot {
		return atlassiansim.Snapshot{
			Accounts: []atlassiansim.Account{
				{ID: "a-1", Email: "ada@acme.example", Name: "Ada Byron", Status: "active", Groups: []string{"g-1"}},
				{ID: "a-2", Email: "gone@acme.example", Name: "Ada Byron", Status: "suspended"},
			},
			Groups: []atlassiansim.Group{{ID: "g-1", Name: "staff", Members: []string{"a-1"}}},
		}
	}
	if wrong := p.missing(right()); len(wrong) > 0 {
		t.Errorf("nothing is missing: %q", wrong)
	}
	for name, c := range map[string]struct {
		change func(s *atlassiansim.Snapshot)
		says   string
	}{
		"a joiner without an account":     {func(s *atlassiansim.Snapshot) { s.Accounts = s.Accounts[1:] }, "ada@acme.example is active"},
		"a joiner who is suspended":       {func(s *atlassiansim.Snapshot) { s.Accounts[0].Status = "suspended" }, "ada@acme.example is active"},
		"a stale name":                    {func(s *atlassiansim.Snapshot) { s.Accounts[0].Name = "Ada Lovelace" }, "their account Ada Lovelace"},
		"a leaver who can sign in":        {func(s *atlassiansim.Snapshot) { s.Accounts[1].Status = "active" }, "gone@acme.example may not sign in"},
		"a group that was not made":       {func(s *atlassiansim.Snapshot) { s.Groups = nil }, "there is no group staff"},
		"a membership that is missing":    {func(s *atlassiansim.Snapshot) { s.Groups[0].Members = nil }, "ada@acme.example is a member of staff: true"},
		"a membership that was taken out": {func(*atlassiansim.Snapshot) { delete(staff.members, ada) }, "ada@acme.example is a member of staff: false"},
	} {
		state := right()
		c.change(&state)
		if wrong := p.missing(state); !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, c.says) }) {
			t.Errorf("%s: found %q", name, wrong)
		}
		staff.members[ada] = true
	}

	asked := effects{"create-account:ada@acme.example": 1, "create-group:staff": 1, "add-member:staff:ada@acme.example": 1, "suspend:gone@acme.example": 1}
	if wrong := p.excess(asked); len(wrong) > 0 {
		t.Errorf("nothing was done twice: %q", wrong)
	}
	for effect := range asked {
		if wrong := p.excess(effects{effect: 2}); len(wrong) != 1 {
			t.Errorf("%s was done twice: found %q", effect, wrong)
		}
	}
	if wrong := p.excess(effects{"restore:gone@acme.example": 1}); len(wrong) != 1 {
		t.Errorf("what nobody asked for: found %q", wrong)
	}
}

func TestTheCheckOfPushesFindsAPushThatWasLost(t *testing.T) {
	t.Parallel()
	l := newPushLane(t, "SQLite", 1)
	l.worker.kill()
	l.answer(l.join())
	lost := l.users[0]
	path := strings.TrimPrefix(l.database, "sqlite:")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(15000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // the test is over
	if _, err := db.ExecContext(t.Context(), `DELETE FROM inbox`); err != nil {
		t.Fatal(err)
	}
	l.answer(l.join())
	if err := l.startAgain(workerProgram); err != nil {
		t.Fatal(err)
	}
	l.until("the other push is in the target", func() bool {
		return !slices.ContainsFunc(l.missing(l.box.Atlassian.State()), func(w string) bool { return strings.Contains(w, l.users[1].Email) })
	})
	l.until("nothing is left to do", func() bool { _, due := l.pending(); return due == 0 })
	wrong := l.missing(l.box.Atlassian.State())
	if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, lost.Email+" is active") }) {
		t.Errorf("a push was lost, and found was %q", wrong)
	}
}

// until waits until something is so.
func (l *pushLane) until(what string, so func() bool) {
	l.Helper()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-deadline.C:
			l.Fatalf("it did not come to be: %s", what)
		}
	}
}
