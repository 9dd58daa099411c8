// Package sourcetest is the conformance suite that every directory.Source
// passes: run it in the source's own tests against a server that speaks the
// provider's API.
package sourcetest
