// Package sandbox serves stand-ins of Okta and of Atlassian's organization API
// over HTTP, each at an address of its own, for the demo, the bench and tests.
// Both are strict and keep state; over the admin endpoint, /_sandbox/ at either
// address, they can be told to misbehave, and asked what was done to them.
package sandbox
