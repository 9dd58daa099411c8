package rest

import "crypto/rand"

// NewPassword returns a password that nobody knows, for a product that makes no
// account without one. It has 128 random bits, and the kinds of characters that
// password policies ask for.
func NewPassword() string { return rand.Text() + "-aZ9" }
