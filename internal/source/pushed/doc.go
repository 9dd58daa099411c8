// Package pushed is the source of a connection whose people are pushed to it
// over SCIM: it answers from what was pushed, and reads nothing from anywhere.
package pushed
