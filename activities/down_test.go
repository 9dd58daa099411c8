package activities

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// hanging is a target in which making accounts takes a while on the test's clock
// and then has no answer.
type hanging struct {
	*memory.Target
	clock *clock
	takes time.Duration
	mu    sync.Mutex
	asked int
}

func (h *hanging) CreateAccounts(context.Context, []directory.NewAccount, func(directory.AccountCreated)) error {
	h.mu.Lock()
	h.asked++
	h.mu.Unlock()
	h.clock.advance(h.takes)
	return &directory.UnavailableError{Call: "create accounts", Ambiguous: true}
}

func (h *hanging) calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

func TestATargetThatHangsIsLeftAloneForAWhileAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		takes time.Duration
		asked int
	}{
		"one that holds the others up is asked once and then left alone": {time.Minute, 1},
		"one that says at once that it is down is asked each time":       {0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
			s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "rollcall.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			set, err := rules.Compile(rules.Spec{Targets: map[string]rules.TargetSpec{"up": {}, "down": {}}})
			if err != nil {
				t.Fatal(err)
			}
			up, down := memory.New(memory.Options{}), &hanging{Target: memory.New(memory.Options{}), clock: now, takes: test.takes}
			limits := store.Limits{Window: 24 * time.Hour, HeldFor: time.Hour, Share: 1, Count: 100, Always: 100}
			target := func(name string, product directory.Target) *Target {
				return &Target{Target: product, Name: name, Kind: memory.Kind, Identity: name, Can: memory.Capabilities(), LinkBy: []string{"email"}, Concurrency: 2, Guard: limits,
					AdoptGroups: func(string) bool { return false }}
			}
			c := &Connection{Name: "staff", RulesDigest: "rules", Rules: set, Guard: limits, Targets: []*Target{target("up", up), target("down", down)}}
			a := &Activities{Store: s, Log: slog.New(slog.DiscardHandler), Now: now.now, Connections: map[string]*Connection{"staff": c}}
			connection, err := a.ensure(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			run, err := s.BeginRun(t.Context(), store.RunRequest{ConnectionID: connection.ID, WorkflowID: "sync/staff/1", Trigger: "hand", FullEvery: time.Hour}, now.now())
			if err != nil {
				t.Fatal(err)
			}
			var people []directory.User
			for _, name := range []string{"ada", "bob"} {
				people = append(people, directory.User{SourceID: name, Status: directory.StatusActive, Assigned: true, Login: name, Email: name + "@example.com", DisplayName: name})
			}
			saved, err := s.SaveUsers(t.Context(), run.Claim, people, now.now())
			if err != nil {
				t.Fatal(err)
			}
			claim, _, err := s.BeginPush(t.Context(), store.PushRequest{ConnectionID: connection.ID, WorkflowID: "provision/staff/1", Execution: "e"}, now.now())
			if err != nil {
				t.Fatal(err)
			}
			p := &piece{Activities: a, c: c, targets: connection.Targets, claim: claim, limits: func(*Target) store.Limits { return limits }}
			for _, user := range saved.IDs {
				work, err := p.carry(t.Context(), []int64{user}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if w := work[1]; w.class != directory.ClassUnavailable || len(w.changes) != 1 || w.why(w.changes[0]) != directory.ClassUnavailable {
					t.Errorf("what is due in the target that is down is not put off: %q %+v", w.class, w.changes)
				}
			}
			var made []string
			for _, account := range up.State().Accounts {
				made = append(made, account.Email)
			}
			slices.Sort(made)
			if diff := cmp.Diff([]string{"ada@example.com", "bob@example.com"}, made); diff != "" {
				t.Errorf("accounts in the target that is up (-want +got)\n%s", diff)
			}
			if got := down.calls(); got != test.asked {
				t.Errorf("the target that is down was asked %d times, want %d", got, test.asked)
			}
			now.advance(leftAloneFor)
			if _, err := p.carry(t.Context(), saved.IDs[:1], nil); err != nil {
				t.Fatal(err)
			}
			if got := down.calls(); got != test.asked+1 {
				t.Errorf("after a while it was asked %d times, want once more", got)
			}
		})
	}
}
