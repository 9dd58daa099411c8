package bitbucketdc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
)

func TestCheckSaysWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := w.target.Check(t.Context())
	ok(t, err)
	want := directory.TargetReport{
		Identity: bitbucketdc.Identity(w.server.URL), Version: bitbucketdcsim.DefaultVersion, Directory: directory.DirectoryWritable,
		Can:      []string{"read global permissions", "give access by the group stash-users", "read users", "read groups"},
		Licences: []directory.Licence{{Product: "bitbucket"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
	for call := range w.engine.Counts() {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("check made %s", call)
		}
	}
}

func TestCheckSaysWhatIsMissingAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*world)
		fault  fault.Rule
		want   string
		access directory.DirectoryAccess
	}{
		{"an address without a Bitbucket", instead("/rest/api/latest/application-properties", 404, "<html></html>"), fault.Rule{}, "Set url", ""},
		{"a user who is no administrator", nil, fault.Rule{Kind: fault.Status, Status: 401, Path: "/admin/permissions/"}, "permission Admin", ""},
		{"an access group without a permission", func(w *world) { w.access = []string{"developers"} }, fault.Rule{}, "holds no global permission", directory.DirectoryWritable},
		{"an access group that administers", func(w *world) { w.access = []string{bitbucketdcsim.AdministratorsGroup} }, fault.Rule{}, "administers Bitbucket", directory.DirectoryWritable},
		{"a directory that another system fills", func(w *world) { w.options.ReadOnly = true }, fault.Rule{}, "internal directory first", directory.DirectoryReadOnly},
		{"users that may not be read", nil, fault.Rule{Kind: fault.Status, Status: 401, Path: "/admin/users$"}, "may not read users", directory.DirectoryWritable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) {
				if test.change != nil {
					test.change(w)
				}
			})
			if test.fault.Kind != "" {
				test.fault.API = bitbucketdcsim.API
				w.engine.Add(test.fault)
			}
			report, err := w.target.Check(t.Context())
			if err != nil || !slices.ContainsFunc(report.Missing, func(s string) bool { return strings.Contains(s, test.want) }) {
				t.Errorf("missing %q, %v; want %q", report.Missing, err, test.want)
			}
			if report.Directory != test.access {
				t.Errorf("the directory is %q, want %q", report.Directory, test.access)
			}
		})
	}
}

func TestTheDirectoryIsUnknownWhereItIsNotTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   directory.DirectoryAccess
	}{
		"no such call":              {404, `{"errors":[{"exceptionName":"x.NoSuchResource"}]}`, ""},
		"something unread":          {200, `"?"`, ""},
		"a bare list":               {200, `[{"type":"INTERNAL","active":true}]`, directory.DirectoryWritable},
		"one directory":             {200, `{"type":"CROWD","active":true}`, directory.DirectoryReadOnly},
		"an inactive one is passed": {200, `[{"type":"CROWD","active":false},{"type":"Internal","active":true}]`, directory.DirectoryWritable},
	} {
		w := newWorld(t, instead("/rest/api/latest/admin/user-directories", test.status, test.body))
		if report, err := w.target.Check(t.Context()); err != nil || report.Directory != test.want {
			t.Errorf("%s: %q, %v; want %q", name, report.Directory, err, test.want)
		}
	}
}

func TestAdministratorsAreProtectedHoweverTheyCameToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("member@example.com"), account("user@example.com"))
	w.join(t, bitbucketdcsim.AdministratorsGroup, "member@example.com")
	w.join(t, bitbucketdcsim.UsersGroup, "user@example.com")
	got, err := w.target.Protected(t.Context())
	ok(t, err)
	want := directory.Protected{
		AccountIDs: []string{bitbucketdcsim.DefaultUser, "member@example.com", bitbucketdcsim.Operator},
		GroupIDs:   []string{bitbucketdcsim.AdministratorsGroup},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("protected (-want +got)\n%s", diff)
	}
}

func TestTheCredentialsUserIsProtectedWhateverTheListsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, instead("/rest/api/latest/admin/permissions/users", 200, `{"values":[],"isLastPage":true}`))
	got, err := w.target.Protected(t.Context())
	if err != nil || !slices.Contains(got.AccountIDs, bitbucketdcsim.DefaultUser) {
		t.Errorf("protected are %v, %v", got.AccountIDs, err)
	}
}
