// Package rules turns the rules of a connection, written in CEL
// (github.com/google/cel-spec) and in lists and patterns, into decisions: who
// is in scope, what an account's attributes are, which groups go where, and
// what happens to leavers. It does no input or output.
package rules
