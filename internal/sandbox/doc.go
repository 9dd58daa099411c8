// Package sandbox serves stand-ins of Okta and of any set of targets over HTTP,
// each at an address of its own, for the demo, the bench and tests. All are
// strict and keep state; over the admin endpoint, /_sandbox/ at every address,
// they can be told to misbehave, and asked what was done to them.
package sandbox
