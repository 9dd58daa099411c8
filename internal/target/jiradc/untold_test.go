package jiradc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// without leaves fields out of a Jira's answers to one call, at their top.
func without(method, path string, fields ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method || r.URL.Path != path {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			var body map[string]any
			if json.Unmarshal(answer.Body.Bytes(), &body) == nil {
				for _, field := range fields {
					delete(body, field)
				}
				answer.Body.Reset()
				_ = json.NewEncoder(answer.Body).Encode(body) // what was decoded can be encoded
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes()) // a caller that has gone away is its own affair
		})
	}
}

func TestAPermissionThatJiraDoesNotTellOfIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lacks, missing string
		finds                bool
	}{
		{"who has both finds people and misses nothing", "", "", true},
		{"who may not browse users is not believed that there is nobody", "USER_PICKER", "Browse Users", false},
		{"who is no administrator is told so", "ADMINISTER", "Jira Administrators", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{Lacks: []string{test.lacks}}, nil, answering("/mypermissions", `{"permissions":{"BROWSE":{"havePermission":true}}}`))
			v.Seed(t, "ana@example.com")
			found, err := v.target.FindAccounts(t.Context(), []string{"ana@example.com"})
			if !test.finds {
				vendortest.WantClass(t, err, directory.ClassAuth)
			} else if err != nil || len(found) != 1 {
				t.Errorf("found %+v, %v", found, err)
			}
			report, err := v.target.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			told := slices.ContainsFunc(report.Missing, func(line string) bool { return strings.Contains(line, test.missing) })
			if test.missing == "" && len(report.Missing) > 0 || test.missing != "" && !told {
				t.Errorf("missing is %q, want one with %q", report.Missing, test.missing)
			}
		})
	}
}

func TestANewAccountWhoseKeyIsNotToldIsLookedUp(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, without("POST", "/rest/api/2/user", "key", "active"))
	made := vendortest.Create(t, v.target, directory.NewAccount{Ref: 1, UserName: "ana", Email: "ana@example.com", DisplayName: "Ana"})
	a, there := v.Sim.Roster().AccountNamed("ana")
	if made.Err != nil || !there || made.AccountID != a.ID || made.Account == nil || made.Account.Email != "ana@example.com" {
		t.Errorf("the outcome is %+v, %v", made, made.Err)
	}
}

func TestMembershipsThatAUserDoesNotTellAreLookedForInTheGroup(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, without("GET", "/rest/api/2/user", "groups"))
	a, b := v.Seed(t, "ana@example.com"), v.Seed(t, "ben@example.com")
	group := v.SeedGroup(t, "staff", a)
	if err := v.target.AddMember(t.Context(), group.ID, a.ID); err != nil {
		t.Errorf("a member: %v: %s", err, directory.DetailOf(err))
	}
	if err := v.target.RemoveMember(t.Context(), group.ID, b.ID); err != nil {
		t.Errorf("who is none: %v: %s", err, directory.DetailOf(err))
	}
}

// TestAPathThatJiraHasNothingAtIsNotAMissingAccount: the REST framework says so in
// JSON, with the status of an account that is not there.
func TestAPathThatJiraHasNothingAtIsNotAMissingAccount(t *testing.T) {
	t.Parallel()
	nothing := func(path string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != path {
					next.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(`{"message":"null for uri: http://jira.invalid` + path + `","status-code":404}`)) // a caller that has gone away is its own affair
			})
		}
	}
	v := newVendor(t, jiradcsim.Options{}, nil, nothing("/rest/api/2/user"))
	a := v.Seed(t, "ana@example.com")
	_, err := v.target.Account(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassUnavailable)
	vendortest.WantClass(t, v.target.DeleteAccount(t.Context(), a.ID), directory.ClassUnavailable)
	v = newVendor(t, jiradcsim.Options{}, nil, nothing("/rest/api/2/group/user"))
	a = v.Seed(t, "ana@example.com")
	vendortest.WantClass(t, v.target.RemoveMember(t.Context(), v.SeedGroup(t, "staff", a).ID, a.ID), directory.ClassUnavailable)
	// Of the list it says that this version has none.
	v = newVendor(t, jiradcsim.Options{}, nil, nothing("/rest/api/2/user/list"))
	if page, err := v.target.Accounts(t.Context(), ""); err != nil || len(page.Accounts) == 0 {
		t.Errorf("listed %+v, %v", page, err)
	}
}
