package scim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokenPrefix lets people, and programs that look for leaked credentials,
// recognise a token for what it is.
const tokenPrefix = "rcs_"

// tokenBytes are 256 bits: with that many a digest needs no salt and no slow
// hash, since there is nothing to guess (RFC 6750, section 5.2, asks for
// tokens that cannot be guessed).
const tokenBytes = 32

// NewToken makes a bearer token for a SCIM client, of characters that need no
// quoting in a header, a shell or a URL, and its digest. The token is shown to
// the administrator once; the digest is all that is kept.
func NewToken() (token, digest string) {
	secret := make([]byte, tokenBytes)
	// It never fails: crypto/rand.Read ends the program where the system has
	// no random numbers.
	rand.Read(secret)
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(secret)
	return token, Digest(token)
}

// Digest is what a token is looked up by: SHA-256 of the whole token, in hex.
// Whatever a client sent has one, so that a wrong token takes as long as a
// right one.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
