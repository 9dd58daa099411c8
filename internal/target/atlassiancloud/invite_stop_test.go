package atlassiancloud

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestWhatStopsOneInvitationStopsTheRest(t *testing.T) {
	t.Parallel()
	batch := batchOf(25*40, func(int) []string { return nil })
	tests := []struct {
		name string
		with reply
		want directory.Class
		// attempted says whether those who were in a failed call have outcomes.
		attempted bool
	}{
		{"a rate limit", reply{status: 429, header: map[string]string{"Retry-After": "90"}}, directory.ClassRateLimited, false},
		{"a refused key", reply{status: 401, body: `{"code":401,"message":"Unauthorized"}`}, directory.ClassAuth, false},
		{"an outage that goes on", reply{status: 503}, directory.ClassUnavailable, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{invite: {test.with}})
			outcomes, err := createAll(t.Context(), t, target, batch)
			if directory.ClassOf(err) != test.want {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			sent := len(vendor.sent(invite))
			if sent > invitesInFlight+outageInvites {
				t.Errorf("%d invitations were sent into it", sent)
			}
			want := 0
			if test.attempted {
				want = sent * maxInvite
			}
			if len(outcomes) != want {
				t.Errorf("%d people have an outcome after %d calls, want %d", len(outcomes), sent, want)
			}
		})
	}
	t.Run("a single outage does not", func(t *testing.T) {
		t.Parallel()
		target, _ := against(t, map[string][]reply{invite: {{status: 503}, inviting(t, nil)}})
		outcomes, err := createAll(t.Context(), t, target, batch)
		failed := 0
		for _, outcome := range outcomes {
			if outcome.Err != nil {
				failed++
			}
		}
		if err != nil || len(outcomes) != len(batch) || failed != maxInvite {
			t.Errorf("%d outcomes, %d of them errors, %v", len(outcomes), failed, err)
		}
	})
	t.Run("an unreachable vendor was not attempted", func(t *testing.T) {
		t.Parallel()
		target, _ := against(t, nil, func(c *Config) { c.BaseURL = "http://127.0.0.1:1" })
		outcomes, err := createAll(t.Context(), t, target, batch)
		if directory.ClassOf(err) != directory.ClassUnavailable || ambiguous(err) || len(outcomes) != 0 {
			t.Errorf("%d outcomes, %v; want an unambiguous *directory.UnavailableError alone", len(outcomes), err)
		}
	})
}

func TestSomebodyWithoutAnAddressIsRefusedAlone(t *testing.T) {
	t.Parallel()
	target, _ := against(t, map[string][]reply{invite: {inviting(t, nil)}})
	outcomes, err := createAll(t.Context(), t, target, []directory.NewAccount{{Ref: 1}, {Ref: 2, Email: "a@example.com"}})
	if err != nil || directory.ClassOf(outcomes[1].Err) != directory.ClassRefused || outcomes[2].AccountID == "" {
		t.Errorf("got %+v, %v", outcomes, err)
	}
}

func TestACancelledBatchSaysThatWhatWasOnItsWayMayBeDone(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	target, _ := against(t, map[string][]reply{invite: {{answer: func(http.ResponseWriter, []byte) {
		arrived <- struct{}{}
		<-release
	}}}})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	go func() {
		<-arrived
		cancel()
	}()
	outcomes, err := createAll(ctx, t, target, []directory.NewAccount{{Ref: 1, Email: "a@example.com"}})
	if directory.ClassOf(err) != directory.ClassCanceled || !ambiguous(outcomes[1].Err) {
		t.Errorf("got %+v, %v", outcomes, err)
	}
}
