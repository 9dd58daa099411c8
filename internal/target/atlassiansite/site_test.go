package atlassiansite_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestASitesAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://example.atlassian.net":      "https://example.atlassian.net",
		"https://example.atlassian.net/":     "https://example.atlassian.net",
		"https://example.atlassian.net/wiki": "https://example.atlassian.net",
		"http://127.0.0.1:8080/wiki/":        "http://127.0.0.1:8080",
		"https://example.atlassian.net/jira": "",
		"http://example.atlassian.net":       "",
		"example.atlassian.net":              "",
	} {
		base, err := atlassiansite.ParseBase(address)
		got := ""
		if err == nil {
			got = base.String()
		}
		if got != want {
			t.Errorf("%s is %q, %v; want %q", address, got, err, want)
		}
	}
}

func TestGroupNames(t *testing.T) {
	t.Parallel()
	for name, fine := range map[string]bool{
		"Équipe d'été / 1": true, strings.Repeat("ü", 255): true, strings.Repeat("ü", 256): false,
		"": false, " x": false, "x ": false, "a\tb": false, "\xff": false,
	} {
		if got := atlassiansite.GroupName(name); (got == "") != fine {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestErrorsAreReadInEveryFormThatTheProductsHave(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]rest.Said{
		`{"errorMessages":["one","two"],"errors":{"b":"bad","a":"worse"}}`:   {Detail: "one; two; a: worse; b: bad"},
		`{"statusCode":404,"message":"gone"}`:                                {Detail: "gone"},
		`{"errors":[{"status":404,"code":"NOT_FOUND","title":"not there"}]}`: {Code: "NOT_FOUND", Detail: "not there"},
		`{"errorMessages":[],"errors":{}}`:                                   {},
		`<html>`:                                                             {Outside: true},
		`{}`:                                                                 {Outside: true},
	} {
		if diff := cmp.Diff(want, atlassiansite.Dialect().Read([]byte(body))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", body, diff)
		}
	}
}

func TestAnAdministratorsNameIsKnownWhateverItsCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"Site-Admins": true, "org-admins": true, "admins": false, "site-admins-too": false} {
		if got := atlassiansite.Administrative(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
