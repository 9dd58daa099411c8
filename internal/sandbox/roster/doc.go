// Package roster keeps the accounts, groups and memberships of a stand-in. It
// knows no vendor: what an API refuses, its stand-in refuses before it comes
// here. The comparison and tests read a Snapshot of it.
package roster
