package rest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestProblemsAreSaidAllAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timeout  time.Duration
		problems []error
		want     string
	}{
		"nothing is wrong":                    {0, nil, ""},
		"nothing is wrong with any of them":   {time.Second, []error{nil, rest.Bearer("token").ProblemOf("key")}, ""},
		"one is behind the kind's name":       {0, []error{nil, errors.New("base URL: expected https")}, "crowd: base URL: expected https"},
		"several are in the order given":      {0, []error{errors.New("second"), errors.New("first")}, "crowd: second\nfirst"},
		"a credential is named":               {0, []error{rest.Bearer("").ProblemOf("API token")}, "crowd: API token: missing"},
		"a negative timeout is the last":      {-time.Second, []error{errors.New("first")}, "crowd: first\ntimeout: -1s is negative"},
		"a negative timeout may be the first": {-time.Second, nil, "crowd: timeout: -1s is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := rest.Problems("crowd", c.timeout, c.problems...); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPlaceIsHostAndPathInLowerCase(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Jira.example.com":            "jira.example.com",
		"http://localhost:8080/Jira/":         "localhost:8080/jira",
		"jira.example.com/":                   "jira.example.com",
		"https://example.com:7990/Bitbucket/": "example.com:7990/bitbucket",
		"https://Jira.example.com:443/jira":   "jira.example.com/jira",
		"HTTP://localhost:80":                 "localhost",
		"https://example.com:80":              "example.com:80",
		"https://[::1]:4430/a/b/":             "[::1]:4430/a/b",
	} {
		if got := rest.Place(address); got != want {
			t.Errorf("Place(%q) = %q, want %q", address, got, want)
		}
	}
}
