package sourcetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func typesFailures(t *testing.T, f Fixture) {
	for fault, want := range map[Fault]directory.Class{
		Unauthorized: directory.ClassAuth, Forbidden: directory.ClassAuth,
		Limited: directory.ClassRateLimited, LimitedSilently: directory.ClassRateLimited,
		Failing: directory.ClassUnavailable, Cut: directory.ClassUnavailable,
	} {
		f.Break(t, fault)
		for name, operation := range f.operations() {
			err := operation(t.Context())
			if err == nil {
				t.Errorf("%s, %s: no error", name, fault)
				continue
			}
			if got := directory.ClassOf(err); got != want {
				t.Errorf("%s, %s: class %s, want %s (%v)", name, fault, got, want, err)
			}
			f.discreet(t, fmt.Sprintf("%s, %s", name, fault), err)
			var limited *directory.RateLimitError
			if errors.As(err, &limited) {
				checkRetryAfter(t, name, fault, limited.RetryAfter)
			}
		}
		f.Mend(t)
		for name, operation := range f.operations() {
			if err := operation(t.Context()); err != nil {
				t.Errorf("%s, once there is no longer %s: %v", name, fault, err)
			}
		}
	}
}

func checkRetryAfter(t *testing.T, name string, fault Fault, got time.Duration) {
	t.Helper()
	if fault == LimitedSilently && got != 0 {
		t.Errorf("%s, %s: retry after %s; want 0", name, fault, got)
	}
	if fault == Limited && (got < 5*time.Second || got > 9*time.Second) {
		t.Errorf("%s, %s: retry after %s; want about 7s", name, fault, got)
	}
}

// discreet checks that an error shows neither the credential nor a person.
func (f Fixture) discreet(t *testing.T, where string, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), directory.DetailOf(err), fmt.Sprintf("%+v", err)} {
		if strings.Contains(text, f.Secret) {
			t.Errorf("%s: the error shows the credential", where)
		}
	}
	for _, private := range []string{f.Person.Login, f.Person.Email, f.Person.LastName} {
		if private != "" && strings.Contains(err.Error(), private) {
			t.Errorf("%s: the error shows a person: %v", where, err)
		}
	}
}

func checks(t *testing.T, f Fixture) {
	report, err := f.Source.Check(t.Context())
	if err != nil {
		t.Fatalf("check: %v (%s)", err, directory.DetailOf(err))
	}
	if report.Identity == "" || strings.Contains(report.Identity, f.Secret) {
		t.Errorf("identity %q", report.Identity)
	}
	if len(report.Can) == 0 || len(report.Missing) != 0 {
		t.Errorf("can %q, missing %q; want nothing missing", report.Can, report.Missing)
	}
}

func checksRefusal(t *testing.T, f Fixture) {
	for _, fault := range []Fault{Unauthorized, Forbidden} {
		f.Break(t, fault)
		report, err := f.Source.Check(t.Context())
		if err != nil || len(report.Missing) == 0 {
			t.Errorf("%s: missing %q, %v; want what is missing in words", fault, report.Missing, err)
		}
		f.Mend(t)
	}
	f.Break(t, Failing)
	if _, err := f.Source.Check(t.Context()); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("%s: %v; want an error that says that it could not be asked", Failing, err)
	}
}
