package rest_test

import (
	"context"
	"errors"
	"testing"

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
		"success is success, unasked":                     {err: nil, want: true, settled: true},
		"an outage stays one, unasked":                    {err: down, want: true, settled: true, class: directory.ClassUnavailable},
		"what was to be there and is":                     {err: refused, want: true, is: true, settled: true, asks: true},
		"what was to be gone and is":                      {err: refused, want: false, is: false, settled: true, asks: true},
		"what was to be there and is not stays refused":   {err: refused, want: true, class: directory.ClassRefused, asks: true},
		"what was to be gone and is there stays refused":  {err: refused, is: true, class: directory.ClassRefused, asks: true},
		"what cannot be asked may have been done":         {err: refused, want: true, readErr: down, settled: true, class: directory.ClassUnavailable, asks: true},
		"what is asked about may be gone, which is final": {err: refused, want: true, readErr: &directory.NotFoundError{What: "group"}, settled: true, class: directory.ClassNotFound, asks: true},
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
			if asked && errors.As(err, &unavailable) && (!unavailable.Ambiguous || unavailable.Call != "PUT /x" || unavailable.Status != 503) {
				t.Errorf("it does not say that the write may have been done: %+v", unavailable)
			}
		})
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
