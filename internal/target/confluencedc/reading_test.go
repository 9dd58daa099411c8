package confluencedc_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// answering answers calls whose path ends in suffix with a body.
func answering(suffix, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, suffix) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			if _, err := w.Write([]byte(body)); err != nil {
				return
			}
		})
	}
}

func ambiguous(err error) bool {
	var unavailable *directory.UnavailableError
	return errors.As(err, &unavailable) && unavailable.Ambiguous
}

func TestAnAnswerThatIsNotTheListIsAnOutage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, body string
	}{
		{"users that are null", "/user/list", `null`},
		{"users without a list", "/user/list", `{"start":0,"limit":100,"size":0}`},
		{"nobody at all", "/user/list", `{"results":[],"start":0,"limit":100,"size":0}`},
		{"a user without a name", "/user/list", `{"results":[{"type":"known"}],"limit":100}`},
		{"a next page that is this one", "/user/list", `{"results":[],"limit":100,"_links":{"next":"/rest/api/user/list?start=0"}}`},
		{"groups without a list", "/group", `{}`},
		{"a group without a name", "/group", `{"results":[{"type":"group"}],"limit":200}`},
		{"members without a list", "/member", `{"results":null}`},
		{"a member without a name", "/member", `{"results":[{"type":"known"}],"limit":200}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, confluencedcsim.Options{}, nil, answering(test.path, test.body))
			var err error
			switch {
			case test.path == "/group":
				_, err = v.target.Groups(t.Context(), "")
			case test.path == "/member":
				_, err = v.target.Members(t.Context(), confluencedcsim.UsersGroup, "")
			default:
				_, err = v.target.Accounts(t.Context(), "")
			}
			vendortest.WantClass(t, err, directory.ClassUnavailable)
		})
	}
}

// TestAListEndsWhereTheAnswerSaysSo serves pages by hand: each names the next
// one or not, and says how many a page holds.
func TestAListEndsWhereTheAnswerSaysSo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		pages map[string]string
		want  []string
	}{
		{"a short page that names a next one is not the last", map[string]string{
			"0": `{"results":[{"name":"a"}],"limit":3,"_links":{"next":"/rest/api/group?start=3&limit=3"}}`,
			"3": `{"results":[{"name":"b"}],"limit":3}`,
		}, []string{"a", "b"}},
		{"a page of nothing that names a next one is not the last", map[string]string{
			"0": `{"results":[],"limit":3,"_links":{"next":"/rest/api/group?start=3&limit=3"}}`,
			"3": `{"results":[{"name":"b"}],"limit":3}`,
		}, []string{"b"}},
		{"a full page that names none is asked after", map[string]string{
			"0": `{"results":[{"name":"a"},{"name":"b"}],"limit":2}`,
			"2": `{"results":[{"name":"c"}],"limit":2}`,
		}, []string{"a", "b", "c"}},
		{"a page as long as was asked for is asked after where it does not say what it holds", map[string]string{
			"0":   `{"results":[` + strings.Repeat(`{"name":"a"},`, 199) + `{"name":"b"}]}`,
			"200": `{"results":[{"name":"c"}],"totalCount":201}`,
		}, append(slices.Repeat([]string{"a"}, 199), "b", "c")},
		{"a full last page is the last", map[string]string{
			"0": `{"results":[{"name":"a"},{"name":"b"}],"limit":2}`,
			"2": `{"results":[],"limit":2}`,
		}, []string{"a", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if _, err := fmt.Fprint(w, test.pages[r.URL.Query().Get("start")]); err != nil {
					t.Error(err)
				}
			}))
			t.Cleanup(server.Close)
			transport := rest.NewTransport()
			t.Cleanup(transport.CloseIdleConnections)
			target, err := confluencedc.New(confluencedc.Config{BaseURL: server.URL, Credential: rest.Bearer("token"), Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for cursor := ""; ; {
				page, err := target.Groups(t.Context(), cursor)
				if err != nil {
					t.Fatalf("%v: %s", err, directory.DetailOf(err))
				}
				for _, group := range page.Groups {
					names = append(names, group.Name)
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("groups (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAProxysMissingPageIsNotAMissingAccountOrGroup(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>There is no such page</html>", `{"message":"null for uri: http://confluence.invalid/","status-code":404}`} {
		nothingIsMissing(t, body)
	}
}

func nothingIsMissing(t *testing.T, body string) {
	t.Helper()
	v := newVendor(t, confluencedcsim.Options{}, nil, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, body, http.StatusNotFound)
		})
	})
	for name, ask := range map[string]func() error{
		"Account":        func() error { _, err := v.target.Account(t.Context(), "ana"); return err },
		"FindAccountsBy": func() error { _, err := v.target.FindAccountsBy(t.Context(), "user_name", []string{"ana"}); return err },
		"FindGroups":     func() error { _, err := v.target.FindGroups(t.Context(), []string{"staff"}); return err },
		"Members":        func() error { _, err := v.target.Members(t.Context(), "staff", ""); return err },
		"AddMember":      func() error { return v.target.AddMember(t.Context(), "staff", "ana") },
		"RemoveMember":   func() error { return v.target.RemoveMember(t.Context(), "staff", "ana") },
		"Deactivate":     func() error { return v.target.DeactivateAccount(t.Context(), "ana") },
		"DeleteAccount":  func() error { return v.target.DeleteAccount(t.Context(), "ana") },
	} {
		if err := ask(); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v, want a *directory.UnavailableError", name, err)
		}
	}
}

func TestAGroupWithASlashInItsNameIsNotAskedFor(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	found, err := v.target.FindGroups(t.Context(), []string{"a/b", ".."})
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	if calls := v.Calls(); len(calls) > 0 {
		t.Errorf("Confluence was asked: %v", calls)
	}
}

func TestAListThatEndsBeforeAllThatItCountsIsAnOutage(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"results":[{"name":"a","username":"a"}],"limit":200,"totalCount":2}`) // a caller that has gone away is its own affair
		})
	})
	for name, ask := range map[string]func() error{
		"Accounts": func() error { _, err := v.target.Accounts(t.Context(), ""); return err },
		"Groups":   func() error { _, err := v.target.Groups(t.Context(), ""); return err },
		"Members":  func() error { _, err := v.target.Members(t.Context(), "staff", ""); return err },
	} {
		if err := ask(); directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: %v, want a *directory.UnavailableError", name, err)
		}
	}
}

func TestAStatusIsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]directory.AccountStatus{
		"current": directory.AccountActive, "": directory.AccountActive, "DEACTIVATED": directory.AccountDeactivated,
		"externally_deleted": directory.AccountClosed, "externally-deleted": directory.AccountClosed, "EXTERNAL_DELETED": directory.AccountClosed,
	} {
		v := newVendor(t, confluencedcsim.Options{}, nil, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, `{"type":"known","username":"ana","status":%q}`, status) // a caller that has gone away is its own affair
			})
		})
		account, err := v.target.Account(t.Context(), "ana")
		if err != nil || account.Status != want {
			t.Errorf("%q is %q, %v, want %q", status, account.Status, err, want)
		}
	}
}

// TestWhoIsDisabledIsReadAsDisabled: the status is told only if it is asked for.
func TestWhoIsDisabledIsReadAsDisabled(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	off := v.Seed(t, "off@example.com")
	if err := v.target.DeactivateAccount(t.Context(), off.ID); err != nil {
		t.Fatal(err)
	}
	page, err := v.target.Accounts(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	found, err := v.target.FindAccountsBy(t.Context(), "user_name", []string{off.UserName})
	if err != nil {
		t.Fatal(err)
	}
	for where, accounts := range map[string][]directory.Account{"listed": page.Accounts, "found": found} {
		at := slices.IndexFunc(accounts, func(a directory.Account) bool { return a.ID == off.ID })
		if at < 0 || accounts[at].Status != directory.AccountDeactivated {
			t.Errorf("%s: %+v", where, accounts)
		}
	}
}

func TestTheAnonymousUserIsNoAccount(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"results":[{"type":"anonymous","displayName":"Anonymous"},{"type":"known","username":"ana"}],"limit":100}`) // a caller that has gone away is its own affair
		})
	})
	page, err := v.target.Accounts(t.Context(), "")
	if err != nil || len(page.Accounts) != 1 || page.Accounts[0].ID != "ana" {
		t.Errorf("the accounts are %+v, %v", page.Accounts, err)
	}
}
