package rest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestARefusedWriteIsSettledByWhatIsThere(t *testing.T) {
	t.Parallel()
	refused := &directory.RefusedError{Call: "PUT /x"}
	down := &directory.UnavailableError{Call: "GET /y", Status: 503}
	for name, c := range map[string]struct {
		err     error
		want    bool
		is      bool
		readErr error
		settled bool
		class   directory.Class
		asks    bool
	}{
		"success is success, unasked":                    {err: nil, want: true, settled: true},
		"an outage stays one, unasked":                   {err: down, want: true, settled: true, class: directory.ClassUnavailable},
		"what was to be there and is":                    {err: refused, want: true, is: true, settled: true, asks: true},
		"what was to be gone and is":                     {err: refused, want: false, is: false, settled: true, asks: true},
		"what was to be there and is not stays refused":  {err: refused, want: true, class: directory.ClassRefused, asks: true},
		"what was to be gone and is there stays refused": {err: refused, is: true, class: directory.ClassRefused, asks: true},
		"what cannot be asked may have been done":        {err: refused, want: true, readErr: down, settled: true, class: directory.ClassUnavailable, asks: true},
		"what is asked for and missing is no answer":     {err: refused, want: true, readErr: &directory.NotFoundError{What: "group"}, settled: true, class: directory.ClassUnavailable, asks: true},
		"a refusal to tell is no answer":                 {err: refused, want: true, readErr: &directory.RefusedError{Status: 423}, settled: true, class: directory.ClassUnavailable, asks: true},
		"a refused credential stops everything":          {err: refused, want: true, readErr: &directory.AuthError{}, settled: true, class: directory.ClassAuth, asks: true},
		"a request that never left is not asked about":   {err: &directory.RefusedError{Code: "path"}, want: true, settled: true, class: directory.ClassRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			settled, err := rest.ReadBack(rest.Call{Method: "PUT", Template: "/x"}, c.err, c.want, func() (bool, error) {
				asked = true
				return c.is, c.readErr
			})
			class := directory.ClassOf(err)
			if err == nil {
				class = ""
			}
			if settled != c.settled || class != c.class || asked != c.asks {
				t.Errorf("settled %t, asked %t, %v", settled, asked, err)
			}
			var unavailable *directory.UnavailableError
			if asked && errors.As(err, &unavailable) && (!unavailable.Ambiguous || unavailable.Call != "PUT /x") {
				t.Errorf("it does not say that the write may have been done: %+v", unavailable)
			}
		})
	}
}

func TestAReadThatDoesNotTellWhatBecameOfAWriteLeavesItInDoubt(t *testing.T) {
	t.Parallel()
	doubt := func(status int, wait time.Duration) error {
		return &directory.UnavailableError{Call: "PUT /x", Status: status, RetryAfter: wait, Ambiguous: true, Detail: "theirs"}
	}
	missing := &directory.NotFoundError{Call: "GET /y", What: "group", Detail: "theirs"}
	for name, c := range map[string]struct{ err, want, unlessGone error }{
		"an outage":   {err: &directory.UnavailableError{Call: "GET /y", Status: 503, RetryAfter: 7, Detail: "theirs"}, want: doubt(503, 7)},
		"a refusal":   {err: &directory.RefusedError{Call: "GET /y", Status: 423, Detail: "theirs"}, want: doubt(423, 0)},
		"a conflict":  {err: &directory.ConflictError{Call: "GET /y", Detail: "theirs"}, want: doubt(409, 0)},
		"no seat":     {err: &directory.SeatError{Call: "GET /y", Detail: "theirs"}, want: doubt(0, 0)},
		"not ours":    {err: &directory.UnmanagedError{Call: "GET /y", Detail: "theirs"}, want: doubt(0, 0)},
		"not found":   {err: missing, want: doubt(404, 0), unlessGone: missing},
		"credential":  {err: &directory.AuthError{Call: "GET /y"}, want: &directory.InDoubtError{Err: &directory.AuthError{Call: "GET /y"}}},
		"a limit":     {err: &directory.RateLimitError{Call: "GET /y", RetryAfter: 7}, want: &directory.InDoubtError{Err: &directory.RateLimitError{Call: "GET /y", RetryAfter: 7}}},
		"all is well": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write, read := rest.Call{Method: "PUT", Template: "/x"}, rest.Call{Method: "GET", Template: "/x"}
			if c.unlessGone == nil {
				c.unlessGone = c.want
			}
			if diff := cmp.Diff(c.want, rest.Unclear(write, c.err)); diff != "" {
				t.Errorf("Unclear (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.unlessGone, rest.UnclearUnlessGone(write, c.err)); diff != "" {
				t.Errorf("UnclearUnlessGone (-want +got)\n%s", diff)
			}
			if got := rest.Unclear(read, c.err); got != c.err {
				t.Errorf("a call that reads leaves %v in doubt", got)
			}
		})
	}
}

func TestAReadThatIsCancelledIsNoOutcome(t *testing.T) {
	t.Parallel()
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := rest.Unclear(rest.Call{Method: "PUT"}, ended); !errors.Is(got, ended) || directory.NotDone(got) {
			t.Errorf("%v became %v", ended, got)
		}
	}
}

func TestARefusalThatWhatIsThereContradictsIsTriedAgain(t *testing.T) {
	t.Parallel()
	for class, err := range map[directory.Class]error{
		directory.ClassRefused: &directory.RefusedError{}, directory.ClassSeat: &directory.SeatError{},
	} {
		if got := directory.ClassOf(rest.NotPossible(rest.Call{}, err)); got != class {
			t.Errorf("%s became %s", class, got)
		}
	}
	for _, err := range []error{&directory.ConflictError{}, &directory.NotFoundError{}} {
		if got := directory.ClassOf(rest.NotPossible(rest.Call{}, err)); got != directory.ClassUnavailable {
			t.Errorf("%T became %s", err, got)
		}
	}
}

func TestNamesAreLookedUpOnceAndWhatIsMissingIsLeftOut(t *testing.T) {
	t.Parallel()
	one := func(_ context.Context, name string) (string, error) {
		switch name {
		case "gone":
			return "", &directory.NotFoundError{What: "account"}
		case "down":
			return "", &directory.UnavailableError{}
		}
		return "found " + name, nil
	}
	got, err := rest.LookUp(t.Context(), []string{"Ana", "", "gone", "ANA", "ben"}, one)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"found Ana", "found ben"}, got); diff != "" {
		t.Errorf("found (-want +got)\n%s", diff)
	}
	if _, err := rest.LookUp(t.Context(), []string{"Ana", "down"}, one); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("an outage became %v", err)
	}
}
