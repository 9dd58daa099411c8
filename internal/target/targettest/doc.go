// Package targettest is the conformance suite that every target must pass: the
// same table of what directory.Target promises, run against the real client
// and a product, or a strict stand-in for one, that speaks the vendor's API.
package targettest
