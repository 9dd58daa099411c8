// Package memory is a source without an identity provider behind it: tests use
// it to say exactly what a source holds, and in which order it lists that.
package memory
