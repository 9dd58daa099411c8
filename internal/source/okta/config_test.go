package okta_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
)

func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := okta.Config{URL: "https://acme.okta.com", Token: "t"}
	tests := []struct {
		name   string
		change func(*okta.Config)
		want   string // "" is accepted
	}{
		{"an organisation with https is accepted", func(*okta.Config) {}, ""},
		{"a slash at the end is accepted", func(c *okta.Config) { c.URL += "/" }, ""},
		{"a domain of one's own is accepted", func(c *okta.Config) { c.URL = "https://id.acme.example:8443" }, ""},
		{"http on a loopback address is accepted", func(c *okta.Config) { c.URL = "http://127.0.0.1:8080" }, ""},
		{"http on localhost is accepted", func(c *okta.Config) { c.URL = "http://localhost:8080" }, ""},
		{"http on IPv6 loopback is accepted", func(c *okta.Config) { c.URL = "http://[::1]:8080" }, ""},
		{"http elsewhere is refused", func(c *okta.Config) { c.URL = "http://acme.okta.com" }, "https"},
		{"a host that only begins like loopback is refused", func(c *okta.Config) { c.URL = "http://127.0.0.1.example.com" }, "https"},
		{"another scheme is refused", func(c *okta.Config) { c.URL = "ftp://acme.okta.com" }, "https"},
		{"a path is refused", func(c *okta.Config) { c.URL += "/api/v1" }, "scheme and host only"},
		{"a user in the address is refused", func(c *okta.Config) { c.URL = "https://me:pw@acme.okta.com" }, "scheme and host only"},
		{"no address is refused", func(c *okta.Config) { c.URL = "" }, "scheme and host only"},
		{"the admin console is refused", func(c *okta.Config) { c.URL = "https://acme-admin.okta.com" }, "acme.okta.com"},
		{"no token is refused", func(c *okta.Config) { c.Token = "" }, "token"},
		{"a token with a line break is refused", func(c *okta.Config) { c.Token = "t\n" }, "line break"},
		{"a page too large is refused", func(c *okta.Config) { c.PageSize = 201 }, "200"},
		{"a page of members too large is refused", func(c *okta.Config) { c.MembersPageSize = 1001 }, "1000"},
		{"a pattern that is none is refused", func(c *okta.Config) { c.Groups.Names = []string{"a["} }, "a["},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := good
			tt.change(&c)
			_, err := okta.New(c)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v; want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "pw") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

// TestNoOtherConfigurationIsRead sets everything that the SDK would read for
// itself; it cannot run beside others, as the environment is the process's.
func TestNoOtherConfigurationIsRead(t *testing.T) {
	for name, value := range map[string]string{
		"OKTA_CLIENT_ORGURL": "https://evil.example", "OKTA_CLIENT_TOKEN": "stolen",
		"OKTA_CLIENT_AUTHORIZATIONMODE": "Bearer", "OKTA_CLIENT_CACHE_ENABLED": "neither",
		"OKTA_CLIENT_REQUEST_TIMEOUT": "1", "OKTA_CLIENT_RATE_LIMIT_MAX_RETRIES": "9",
		"OKTA_CLIENT_PROXY_HOST": "evil.example", "OKTA_CLIENT_PROXY_PORT": "1",
	} {
		t.Setenv(name, value)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	hostile := []byte("okta:\n  client:\n    orgUrl: https://evil.example\n    token: stolen\n    authorizationMode: Bearer\n")
	must(t, os.Mkdir(filepath.Join(home, ".okta"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".okta", "okta.yaml"), hostile, 0o600))
	t.Chdir(home)
	must(t, os.WriteFile(".okta.yaml", hostile, 0o600))

	printed := capture(t, func() {
		var mu sync.Mutex
		var headers []string
		source := answering(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			headers = append(headers, r.Header.Get("Authorization"))
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, oneUser)
		})
		for range 2 {
			if _, err := source.Users(t.Context(), directory.PageRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"SSWS " + token, "SSWS " + token}; fmt.Sprint(headers) != fmt.Sprint(want) {
			t.Errorf("authorised by %q; want %q, and nothing from a cache", headers, want)
		}
	})
	if printed != "" {
		t.Errorf("printed %q", printed)
	}
}

// capture returns what f writes to standard output.
func capture(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	must(t, err)
	old := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = old }()
	f()
	must(t, file.Close())
	text, err := os.ReadFile(file.Name())
	must(t, err)
	return string(text)
}
