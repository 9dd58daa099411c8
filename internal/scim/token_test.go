package scim_test

import (
	"regexp"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

func TestNewTokenIsForABearerHeader(t *testing.T) {
	t.Parallel()
	// RFC 6750, section 2.1: b64token.
	form := regexp.MustCompile(`^rcs_[A-Za-z0-9_-]{43}$`)
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	seen := map[string]bool{}
	for range 200 {
		token, kept := scim.NewToken()
		if !form.MatchString(token) {
			t.Fatalf("token has another form than rcs_ and 43 characters: %d characters", len(token))
		}
		if !digest.MatchString(kept) {
			t.Fatalf("digest %q, want 64 hexadecimal digits", kept)
		}
		if kept != scim.Digest(token) {
			t.Fatal("the digest given with a token is not that of the token")
		}
		if seen[token] || seen[kept] {
			t.Fatal("a token came twice")
		}
		seen[token], seen[kept] = true, true
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, token, want string }{
		// FIPS 180-2, appendix B.1, has the digest of "abc".
		{"is SHA-256 in hex", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"is defined for nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"tells case apart", "ABC", "b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := scim.Digest(test.token); got != test.want {
				t.Errorf("Digest(%q) = %s, want %s", test.token, got, test.want)
			}
		})
	}
}
