package targettest

import (
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testProtected(t *testing.T, fixture func(t *testing.T) Fixture) {
	f := fixture(t)
	guarded, can := f.Target.(directory.Guarded)
	if !can {
		t.Skip("this target cannot tell who administers it")
	}
	ids, groups := f.SeedAccounts(t, numbered(3, f.email("ordinary.%d"))...), f.SeedGroups(t, "ordinary")
	protected, err := guarded.Protected(t.Context())
	if err != nil {
		t.Fatalf("Protected: %v", err)
	}
	want := f.Administrators(t)
	if lacking := missing(want.AccountIDs, protected.AccountIDs); len(lacking) > 0 || len(want.AccountIDs)+len(want.GroupIDs) == 0 {
		t.Errorf("administrators %v are not protected", lacking)
	}
	if lacking := missing(want.GroupIDs, protected.GroupIDs); len(lacking) > 0 {
		t.Errorf("administrators' groups %v are not protected", lacking)
	}
	for _, id := range ids {
		if slices.Contains(protected.AccountIDs, id) {
			t.Errorf("the ordinary account %s is protected", id)
		}
	}
	if slices.Contains(protected.GroupIDs, groups[0]) {
		t.Error("an ordinary group is protected")
	}
	for _, fault := range []Fault{{Status: 500}, {CutAfter: true}} {
		stop := f.Misbehave(t, fault)
		if _, err := guarded.Protected(t.Context()); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%+v: %v, want a *directory.UnavailableError: nobody is not the answer", fault, err)
		}
		stop()
	}
}

func testCheck(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Run("a working credential has an identity and nothing missing", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		first, err := f.Target.Check(t.Context())
		if err != nil || first.Identity == "" || len(first.Missing) > 0 || len(first.Can) == 0 {
			t.Errorf("got %+v, %v", first, err)
		}
		wantWellFormed(t, first)
		second, err := f.Target.Check(t.Context())
		if err != nil || second.Identity != first.Identity {
			t.Errorf("the identity was %q and is %q, %v", first.Identity, second.Identity, err)
		}
	})
	t.Run("a refused credential is reported as missing, without showing it", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		stop := f.Misbehave(t, Fault{Status: 401})
		defer stop()
		report, err := f.Target.Check(t.Context())
		if err != nil || len(report.Missing) == 0 || len(report.Can) > 0 {
			t.Errorf("got %+v, %v; want what is missing", report, err)
		}
	})
	t.Run("an outage is an error and not a report", func(t *testing.T) {
		t.Parallel()
		f := fixture(t)
		stop := f.Misbehave(t, Fault{Status: 503})
		defer stop()
		if report, err := f.Target.Check(t.Context()); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("got %+v, %v; want a *directory.UnavailableError", report, err)
		}
	})
}

// wantWellFormed fails the test on a report that nobody could read.
func wantWellFormed(t *testing.T, r directory.TargetReport) {
	t.Helper()
	switch r.Directory {
	case directory.DirectoryUnknown, directory.DirectoryWritable, directory.DirectoryReadOnly:
	default:
		t.Errorf("the directory is %q", r.Directory)
	}
	if strings.TrimSpace(r.Version) != r.Version {
		t.Errorf("the version is %q", r.Version)
	}
	for _, note := range append(slices.Clone(r.Notes), r.Can...) {
		if strings.TrimSpace(note) == "" {
			t.Error("something that the report says is empty")
		}
	}
	told := make(map[string]bool)
	for _, l := range r.Licences {
		switch {
		case l.Product == "" || told[l.Product]:
			t.Errorf("a licence without a product of its own: %+v", l)
		case (!l.Known || l.Unlimited) && l.Free != 0, l.Unlimited && !l.Known, l.Free < 0:
			t.Errorf("a licence that contradicts itself: %+v", l)
		}
		told[l.Product] = true
	}
}

func testCapabilities(t *testing.T, fixture func(t *testing.T) Fixture) {
	f := fixture(t)
	if len(f.Can.Steps) == 0 {
		t.Fatal("Fixture.Can says nothing: every target can at least remove groups")
	}
	steps := map[directory.Kind]bool{
		directory.SuspendAccount: implements[directory.Suspender](f), directory.DeactivateAccount: implements[directory.Deactivator](f),
		directory.DeleteAccount: implements[directory.AccountDeleter](f), directory.RemoveMember: true,
	}
	for kind, can := range steps {
		if slices.Contains(f.Can.Steps, kind) != can {
			t.Errorf("%s: the capabilities say %t, the target's methods %t", kind, !can, can)
		}
	}
	named := slices.ContainsFunc(f.Can.LinkBy, func(attribute string) bool { return attribute != "email" })
	for what, agrees := range map[string]bool{
		"Creates":    f.Can.Creates == implements[directory.AccountCreator](f),
		"Renames":    f.Can.Renames == implements[directory.GroupRenamer](f),
		"Nests":      f.Can.Nests == implements[directory.Nester](f),
		"Permits":    f.Can.Permits == implements[directory.GroupPermitter](f),
		"LinkBy":     !named || implements[directory.AccountFinder](f),
		"Attributes": len(f.Attributes) == 0 || implements[directory.AccountWriter](f),
		"an address": slices.Contains(f.Can.LinkBy, "email") != f.TellsNoAddress,
	} {
		if !agrees {
			t.Errorf("%s: the capabilities and the target's methods do not agree", what)
		}
	}
	for name := range f.Attributes {
		if !slices.Contains(f.Can.Attributes, name) {
			t.Errorf("the attribute %s is written and is not among the capabilities", name)
		}
	}
}
