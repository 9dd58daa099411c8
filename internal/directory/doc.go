// Package directory is Rollcall's domain: the people and groups of a source,
// the accounts and groups of a target, what the rules say a target should
// hold, and the changes between the two. It imports the standard library only
// and does no input or output; sources, targets and the store sit around it.
package directory
