package targettest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// operation is one method, with what the product needs to hold for it.
type operation struct {
	name  string
	write bool
	call  func(ctx context.Context, t *testing.T, f Fixture, w world) error
	// settled fails the test unless the operation was done exactly once.
	settled func(t *testing.T, f Fixture, w world)
	// again are errors other than nil that a repetition may end in.
	again directory.Class
}

// world is what is seeded before an operation.
type world struct {
	account, suspended, member, group string
	email, newEmail, newGroup         string
}

func seedWorld(t *testing.T, f Fixture) world {
	t.Helper()
	w := world{email: f.email("present"), newEmail: f.email("newcomer"), newGroup: "newcomers"}
	ids := f.SeedAccounts(t, w.email, f.email("suspended"), f.email("member"))
	w.account, w.suspended, w.member = ids[0], ids[1], ids[2]
	w.group = f.SeedGroups(t, "seeded")[0]
	f.SeedMembers(t, w.group, w.member)
	// What a target learns once and keeps (the products that it grants) it
	// learns here, so that a fault meets the call that the test is about.
	if outcomes, err := create(t.Context(), t, f.Target, []directory.NewAccount{{Ref: 1, Email: f.email("early")}}); err != nil || outcomes[1].Err != nil {
		t.Fatalf("create before the test: %v, %v", err, outcomes[1].Err)
	}
	if err := f.Target.SuspendAccount(t.Context(), w.suspended); err != nil {
		t.Fatalf("suspend before the test: %v", err)
	}
	return w
}

func operations() []operation {
	return []operation{
		{name: "Accounts", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Accounts(ctx, "")
			return err
		}},
		{name: "Account", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Account(ctx, w.account)
			return err
		}},
		{name: "FindAccounts", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.FindAccounts(ctx, []string{w.email})
			return err
		}},
		{name: "Groups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Groups(ctx, "")
			return err
		}},
		{name: "FindGroups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.FindGroups(ctx, []string{"seeded"})
			return err
		}},
		{name: "Members", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Members(ctx, w.group, "")
			return err
		}},
		{name: "CreateAccounts", write: true, again: directory.ClassConflict,
			call: func(ctx context.Context, t *testing.T, f Fixture, w world) error {
				outcomes, err := create(ctx, t, f.Target, []directory.NewAccount{{Ref: 1, Email: w.newEmail}})
				return errors.Join(err, outcomes[1].Err)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if n := f.withEmail(t, w.newEmail); n != 1 {
					t.Errorf("the product holds %d accounts for the newcomer", n)
				}
			}},
		{name: "SuspendAccount", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.SuspendAccount(ctx, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.account).Status; got != directory.AccountSuspended {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "RestoreAccount", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.RestoreAccount(ctx, w.suspended)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.suspended).Status; got != directory.AccountActive {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "CreateGroup", write: true, again: directory.ClassConflict,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				_, err := f.Target.CreateGroup(ctx, directory.NewGroup{Name: w.newGroup})
				return err
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if found, err := f.Target.FindGroups(t.Context(), []string{w.newGroup}); err != nil || len(found) != 1 {
					t.Errorf("found %+v, %v", found, err)
				}
			}},
		{name: "AddMember", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.AddMember(ctx, w.group, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if lacking := missing([]string{w.account, w.member}, f.MembersNow(t, w.group)); len(lacking) > 0 {
					t.Errorf("the group lacks %v", lacking)
				}
			}},
		{name: "RemoveMember", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.RemoveMember(ctx, w.group, w.member)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if members := f.MembersNow(t, w.group); len(members) != 0 {
					t.Errorf("the group still has %v", members)
				}
			}},
	}
}

func testFaults(t *testing.T, fixture func(t *testing.T) Fixture) {
	faults := []struct {
		name  string
		fault Fault
		want  directory.Class
		// unsure is set when a write may have been done.
		unsure bool
		// wait is the RetryAfter that is expected, at most a second less.
		wait time.Duration
	}{
		{name: "a 429 with Retry-After is a RateLimitError that says when", fault: Fault{Status: 429, RetryAfter: "7"}, want: directory.ClassRateLimited, wait: 7 * time.Second},
		{name: "a 429 without Retry-After is a RateLimitError", fault: Fault{Status: 429}, want: directory.ClassRateLimited},
		{name: "a 401 is an AuthError", fault: Fault{Status: 401}, want: directory.ClassAuth},
		{name: "a 500 is an UnavailableError", fault: Fault{Status: 500}, want: directory.ClassUnavailable, unsure: true},
		{name: "a 503 with Retry-After is an UnavailableError that says when", fault: Fault{Status: 503, RetryAfter: "7"}, want: directory.ClassUnavailable, unsure: true, wait: 7 * time.Second},
		{name: "a connection cut before the write is an UnavailableError", fault: Fault{CutBefore: true}, want: directory.ClassUnavailable, unsure: true},
		{name: "a connection cut after the write is an UnavailableError", fault: Fault{CutAfter: true}, want: directory.ClassUnavailable, unsure: true},
	}
	for _, fault := range faults {
		for _, operation := range operations() {
			t.Run(fault.name+", from "+operation.name, func(t *testing.T) {
				t.Parallel()
				f := fixture(t)
				w := seedWorld(t, f)
				stop := f.Misbehave(t, fault.fault)
				err := operation.call(t.Context(), t, f, w)
				stop()
				if got := directory.ClassOf(err); got != fault.want {
					t.Fatalf("got %s: %v", got, err)
				}
				wantDiscreet(t, f, err, w.email, w.newEmail, w.account, w.member, w.group)
				wait, unsure := facts(err)
				if wait > fault.wait || fault.wait-wait > time.Second {
					t.Errorf("RetryAfter is %s, want %s", wait, fault.wait)
				}
				if want := fault.unsure && operation.write; unsure != want {
					t.Errorf("Ambiguous is %t, want %t", unsure, want)
				}
				// Once the fault is gone, doing it again does it once.
				err = operation.call(t.Context(), t, f, w)
				if class := directory.ClassOf(err); err != nil && (operation.again == "" || class != operation.again) {
					t.Fatalf("once the fault was gone: %v: %s", err, directory.DetailOf(err))
				}
				if operation.settled != nil {
					operation.settled(t, f, w)
				}
			})
		}
	}
}

// facts returns what an error says about waiting and about a write.
func facts(err error) (wait time.Duration, ambiguous bool) {
	var rate *directory.RateLimitError
	var unavailable *directory.UnavailableError
	switch {
	case errors.As(err, &rate):
		return rate.RetryAfter, false
	case errors.As(err, &unavailable):
		return unavailable.RetryAfter, unavailable.Ambiguous
	}
	return 0, false
}

// wantDiscreet fails the test if an error's text holds the credential, the
// vendor's own words, or what names a person or group; or if the vendor's
// words hold the credential.
func wantDiscreet(t *testing.T, f Fixture, err error, private ...string) {
	t.Helper()
	text, detail := err.Error(), directory.DetailOf(err)
	if strings.Contains(text, f.Secret) || strings.Contains(detail, f.Secret) {
		t.Error("the credential is in the error")
	}
	if detail != "" && strings.Contains(text, detail) {
		t.Errorf("the vendor's words are in the error: %s", text)
	}
	for _, word := range private {
		if word != "" && strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			t.Errorf("%s is in the error: %s", word, text)
		}
	}
}

func testCancelling(t *testing.T, fixture func(t *testing.T) Fixture) {
	for _, operation := range operations() {
		t.Run(operation.name+" ends when its context does", func(t *testing.T) {
			t.Parallel()
			f := fixture(t)
			w := seedWorld(t, f)
			stop := f.Misbehave(t, Fault{Delay: time.Minute})
			defer stop()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			started := time.Now()
			err := operation.call(ctx, t, f, w)
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's error", err)
			}
			wantDiscreet(t, f, err, w.email, w.newEmail)
		})
		t.Run(operation.name+" asks nothing when its context has ended", func(t *testing.T) {
			t.Parallel()
			f := fixture(t)
			w := seedWorld(t, f)
			stop := f.Misbehave(t, Fault{Status: http.StatusInternalServerError})
			defer stop()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := operation.call(ctx, t, f, w); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the context's error", err)
			}
		})
	}
}
