package bitbucketcloud_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestALeaversGroupsAreNotLeftBecauseTheOldAPIIsGone: the groups of 1.0 are only
// kept for a while, and all that a leaver loses here are groups.
func TestALeaversGroupsAreNotLeftBecauseTheOldAPIIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		gone func(path string) bool
		want directory.Class
	}{
		"all of it":           {func(path string) bool { return strings.HasPrefix(path, "/1.0/") }, directory.ClassAuth},
		"members alone":       {func(path string) bool { return strings.HasPrefix(path, "/1.0/") && strings.Contains(path, "/members") }, directory.ClassUnavailable},
		"nothing, one is out": {func(string) bool { return false }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, bitbucketcloudsim.Options{}, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if test.gone(r.URL.Path) {
						http.Error(w, "Not Found", http.StatusNotFound)
						return
					}
					next.ServeHTTP(w, r)
				})
			}, nil)
			id, club := p.member(t, "ana@example.com"), p.group(t, "club")
			err := p.target.RemoveMember(t.Context(), club, id)
			if test.want == "" {
				ok(t, err)
				ok(t, p.target.RemoveMember(t.Context(), "no-such-group", id))
				_, err := p.target.Members(t.Context(), "no-such-group", "")
				wantClass(t, err, directory.ClassNotFound)
				wantClass(t, p.target.AddMember(t.Context(), "no-such-group", id), directory.ClassNotFound)
				return
			}
			wantClass(t, err, test.want)
			// Nor does a group seem lost, and to be made once more.
			_, err = p.target.Members(t.Context(), club, "")
			wantClass(t, err, test.want)
			wantClass(t, p.target.AddMember(t.Context(), club, id), test.want)
		})
	}
}

func TestAPageOfSomethingElseSaysOfNobodyThatTheyAreGone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>down</html>", `{"code":404}`} {
		target := answering(t, http.StatusNotFound, body)
		_, err := target.Account(t.Context(), "{1}")
		wantClass(t, err, directory.ClassUnavailable)
		wantClass(t, target.RemoveMember(t.Context(), "club", "{1}"), directory.ClassUnavailable)
	}
}

// TestSomebodyWithoutAnIDIsInNoList: nor is a list of groups without any, which
// would make all of them seem deleted.
func TestSomebodyWithoutAnIDIsInNoList(t *testing.T) {
	t.Parallel()
	two := answering(t, http.StatusOK, `{"values":[{"user":{"display_name":"Ana","email":"ana@example.com"}}]}`)
	_, err := two.Accounts(t.Context(), "")
	wantClass(t, err, directory.ClassUnavailable)
	_, err = two.FindAccounts(t.Context(), []string{"ana@example.com"})
	wantClass(t, err, directory.ClassUnavailable)
	for _, body := range []string{`[]`, `[{"slug":"club","members":[{"display_name":"Ana"}]}]`, `[{"name":"Club"}]`} {
		_, err = answering(t, http.StatusOK, body).Groups(t.Context(), "")
		wantClass(t, err, directory.ClassUnavailable)
	}
	_, err = answering(t, http.StatusOK, `[{"display_name":"Ana"}]`).Members(t.Context(), "club", "")
	wantClass(t, err, directory.ClassUnavailable)
}

// TestARefusedRemovalIsNotDoneBecauseMembersHaveNoIDs: they may be the leaver.
func TestARefusedRemovalIsNotDoneBecauseMembersHaveNoIDs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				http.Error(w, "no", http.StatusBadRequest)
				return
			}
			_, _ = io.WriteString(w, `[{"display_name":"Ana"}]`)
		})
	}, nil)
	wantClass(t, p.target.RemoveMember(t.Context(), "club", "{1}"), directory.ClassUnavailable)
}

// TestWhatIsThereIsNotTakenForGoneBecauseAChangeIsNotFound: a group that was just
// made, or a member who just came, may not be known everywhere yet.
func TestWhatIsThereIsNotTakenForGoneBecauseAChangeIsNotFound(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusConflict} {
		p := newPlace(t, bitbucketcloudsim.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					http.Error(w, "no", status)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, nil)
		in, out, club := p.member(t, "in@example.com"), p.member(t, "out@example.com"), p.group(t, "club")
		if _, err := p.sim.Roster().Join(club, in); err != nil {
			t.Fatal(err)
		}
		wantClass(t, p.target.AddMember(t.Context(), club, out), directory.ClassUnavailable)
		wantClass(t, p.target.RemoveMember(t.Context(), club, in), directory.ClassUnavailable)
	}
}

func TestAPermissionThatIsNotToldIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	_, err := answering(t, http.StatusOK, `{"type":"project_group_permission"}`).Permissions(t.Context(), "club", []string{"project CORE"})
	wantClass(t, err, directory.ClassUnavailable)
}

func TestAMemberWhoCannotBeLookedUpIsNeitherThereNorGone(t *testing.T) {
	t.Parallel()
	p := newPlace(t, bitbucketcloudsim.Options{}, nil, nil)
	out, club := p.member(t, "out@example.com"), p.group(t, "club")
	p.engine.Add(fault.Rule{API: bitbucketcloudsim.API, Kind: fault.Status, Method: http.MethodPut, Status: http.StatusBadRequest})
	rule := p.engine.Add(fault.Rule{API: bitbucketcloudsim.API, Kind: fault.Status, Method: http.MethodGet, Path: "/2.0/workspaces/[^/]+/members/", Status: http.StatusLocked})
	vendortest.WantDoubt(t, p.target.AddMember(t.Context(), club, out), "PUT /1.0/groups/{workspace}/{group_slug}/members/{uuid}")
	p.engine.Remove(rule)
	wantClass(t, p.target.AddMember(t.Context(), club, out), directory.ClassRefused)
}
