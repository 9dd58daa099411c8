// Package rostered makes the conformance suite's fixture of a target whose
// stand-in keeps its state in a roster.
package rostered
