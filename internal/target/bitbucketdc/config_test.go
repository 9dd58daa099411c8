package bitbucketdc_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketdc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// newTarget is another client of the same stand-in.
func newTarget(t *testing.T, w *world) *bitbucketdc.Target {
	t.Helper()
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := bitbucketdc.New(bitbucketdc.Config{
		BaseURL: w.server.URL, Credential: rest.Basic(bitbucketdcsim.DefaultUser, bitbucketdcsim.DefaultPassword), Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestAllThatIsWrongWithAConfigurationIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := bitbucketdc.New(bitbucketdc.Config{BaseURL: "http://bitbucket.example.com", AccessGroups: []string{}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"bitbucket-dc:", "base URL", "credential", "access_groups"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	_, err = bitbucketdc.New(bitbucketdc.Config{BaseURL: "https://bitbucket.example.com/git", Credential: rest.Bearer("token")})
	if err != nil {
		t.Errorf("a sound configuration: %v", err)
	}
}

func TestTheIdentityIsHostAndPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Bitbucket.example.com":       "bitbucket-dc:bitbucket.example.com",
		"https://bitbucket.example.com/":      "bitbucket-dc:bitbucket.example.com",
		"https://example.com:7990/Bitbucket/": "bitbucket-dc:example.com:7990/bitbucket",
	} {
		if got := bitbucketdc.Identity(address); got != want {
			t.Errorf("Identity(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestAGroupsNameIsOneThatBitbucketTakes(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"Équipe d'été / été": true, "": false, " x": false, "x ": false, "a\nb": false, "\xff": false,
		strings.Repeat("é", 255): true, strings.Repeat("é", 256): false,
	} {
		if got := bitbucketdc.Capabilities().GroupName(name); (got == "") != good {
			t.Errorf("%q: %q", name, got)
		}
	}
}
