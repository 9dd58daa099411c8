package bitbucketcloud_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestCheckSaysWhatAPersonMustChange(t *testing.T) {
	t.Parallel()
	bearer := func(token string) func(*bitbucketcloud.Config) {
		return func(c *bitbucketcloud.Config) { c.Credential = rest.Bearer(token) }
	}
	tests := map[string]struct {
		opts     bitbucketcloudsim.Options
		shape    func(*bitbucketcloud.Config)
		can      int
		missing  []string
		identity string
		access   directory.DirectoryAccess
		notes    string
	}{
		"all is well":          {can: 4, identity: "bitbucket:acme", access: directory.DirectoryWritable},
		"with an access token": {shape: bearer(bitbucketcloudsim.DefaultAccessToken), can: 4, identity: "bitbucket:acme", access: directory.DirectoryWritable, notes: "nobody's"},
		"another token":        {shape: bearer("old"), missing: []string{"token is wrong"}},
		"another workspace":    {shape: func(c *bitbucketcloud.Config) { c.Workspace = "elsewhere" }, missing: []string{"workspace is not found"}},
		"somebody who administers nothing": {
			opts: bitbucketcloudsim.Options{NotAdministrator: true}, can: 1, identity: "bitbucket:acme",
			missing: []string{"does not administer", "may not search members", "groups cannot be read"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, test.opts, nil, test.shape)
			before := p.sim.Roster().State()
			report, err := p.target.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Can) != test.can || len(report.Missing) != len(test.missing) || report.Identity != test.identity || report.Directory != test.access {
				t.Fatalf("the report is %+v", report)
			}
			if notes := strings.Join(report.Notes, " "); !strings.Contains(notes, test.notes) || test.notes == "" && strings.Contains(notes, "nobody's") {
				t.Errorf("the notes are %q", notes)
			}
			for i, words := range test.missing {
				if !strings.Contains(report.Missing[i], words) {
					t.Errorf("%q does not say %q", report.Missing[i], words)
				}
			}
			if diff := cmp.Diff([]directory.Licence{{Product: "bitbucket"}}, report.Licences); diff != "" {
				t.Errorf("licences (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, p.sim.Roster().State()); diff != "" {
				t.Errorf("check changed the workspace (-before +after)\n%s", diff)
			}
		})
	}
	t.Run("an outage is no verdict", func(t *testing.T) {
		t.Parallel()
		report, err := answering(t, http.StatusBadGateway, "").Check(t.Context())
		if directory.ClassOf(err) != directory.ClassUnavailable || len(report.Can)+len(report.Missing) > 0 {
			t.Errorf("got %+v, %v", report, err)
		}
	})
}

func TestWhoAdministersIsProtectedAndNobodyElse(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
	p.member(t, "ana@example.com")
	second := p.member(t, "second.owner@example.com")
	if _, err := p.sim.Roster().Join(bitbucketcloudsim.AdministratorsGroup, second); err != nil {
		t.Fatal(err)
	}
	p.group(t, "Developers")
	// What a group may do in new repositories does not make it an administrator's
	// before it is "admin".
	for name, level := range map[string]string{"Writers": "write", "Release Managers": "admin"} {
		if err := p.sim.Roster().ChangeGroup(p.group(t, name), func(g *roster.Group) { g.Permissions = map[string]string{"": level} }); err != nil {
			t.Fatal(err)
		}
	}
	protected, err := p.target.Protected(t.Context())
	ok(t, err)
	want := map[string]bool{p.sim.Owner(): true, second: true}
	for _, id := range protected.AccountIDs {
		if !want[id] {
			t.Errorf("%s is protected", id)
		}
		delete(want, id)
	}
	if len(want) > 0 {
		t.Errorf("%v are not protected", want)
	}
	slices.Sort(protected.GroupIDs)
	if diff := cmp.Diff([]string{bitbucketcloudsim.AdministratorsGroup, "release-managers"}, protected.GroupIDs); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
}

func TestAFilterThatIsIgnoredMakesNobodyAnOwner(t *testing.T) {
	t.Parallel()
	ignoring := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/permissions") {
				r.URL.RawQuery = ""
			}
			next.ServeHTTP(w, r)
		})
	}
	p := newPlace(t, bitbucketcloudsim.Options{}, ignoring, nil)
	p.member(t, "ana@example.com")
	protected, err := p.target.Protected(t.Context())
	ok(t, err)
	if diff := cmp.Diff([]string{p.sim.Owner()}, protected.AccountIDs); diff != "" {
		t.Errorf("accounts (-want +got)\n%s", diff)
	}
}

func TestAnAccountThatIsNotActiveIsClosed(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
	id := p.member(t, "ana@example.com")
	if err := p.sim.Roster().ChangeAccount(id, func(a *roster.Account) { a.Active = false }); err != nil {
		t.Fatal(err)
	}
	account, err := p.target.Account(t.Context(), id)
	if err != nil || account.Status != directory.AccountClosed || account.Managed || account.Attributes["account_id"] == "" {
		t.Errorf("the account is %+v, %v", account, err)
	}
}

func TestANameWhoseSlugIsTakenIsAConflict(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
	if _, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "site-ops"}); err != nil {
		t.Fatal(err)
	}
	_, err := p.target.CreateGroup(t.Context(), directory.NewGroup{Name: "Site Ops"})
	wantClass(t, err, directory.ClassConflict)
	_, err = p.target.CreateGroup(t.Context(), directory.NewGroup{Name: strings.Repeat("x", 300)})
	wantClass(t, err, directory.ClassRefused)
}

func TestPermissionsThatCannotBeGiven(t *testing.T) {
	t.Parallel()
	project := "project " + bitbucketcloudsim.DefaultProject
	tests := map[string]struct {
		opts  bitbucketcloudsim.Options
		shape func(*bitbucketcloud.Config)
		group string
		want  directory.Permission
		class directory.Class
		what  string
	}{
		"for want of the group": {group: "nobody", want: directory.Permission{Scope: project, Level: "read"}, class: directory.ClassNotFound, what: "group"},
		"for want of the repository": {
			group: "developers", want: directory.Permission{Scope: "repository nowhere", Level: "read"}, class: directory.ClassNotFound, what: "repository",
		},
		"for want of such a level": {
			group: "developers", want: directory.Permission{Scope: "repository " + bitbucketcloudsim.DefaultRepository, Level: "create-repo"}, class: directory.ClassRefused,
		},
		"for want of a seat": {
			opts: bitbucketcloudsim.Options{SeatLimit: 1}, group: "developers", want: directory.Permission{Scope: project, Level: "read"}, class: directory.ClassSeat,
		},
		"with a token that is nobody's": {
			shape: func(c *bitbucketcloud.Config) { c.Credential = rest.Bearer(bitbucketcloudsim.DefaultAccessToken) },
			group: "developers", want: directory.Permission{Scope: project, Level: "read"}, class: directory.ClassRefused,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, test.opts, nil, test.shape)
			p.group(t, "Developers")
			p.member(t, "ana@example.com")
			err := p.target.Permit(t.Context(), test.group, test.want)
			wantClass(t, err, test.class)
			if test.what != "" && !strings.Contains(err.Error(), test.what+" not found") {
				t.Errorf("%v does not say that the %s is missing", err, test.what)
			}
		})
	}
	t.Run("a scope that is none of Bitbucket's", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
		if _, err := p.target.Permissions(t.Context(), "developers", []string{"space X"}); err == nil {
			t.Error("it was accepted")
		}
	})
}

func TestAConfigurationIsRefusedWithAllItsProblems(t *testing.T) {
	t.Parallel()
	_, err := bitbucketcloud.New(bitbucketcloud.Config{BaseURL: "http://api.example.com", Workspace: "a/b", Timeout: -1})
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, problem := range []string{"bitbucket cloud:", "use https", "workspace:", "credential:", "timeout:"} {
		if !strings.Contains(err.Error(), problem) {
			t.Errorf("%q does not say %q", err, problem)
		}
	}
}
