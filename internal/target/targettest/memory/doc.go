// Package memory is a target without a product behind it, which can do all
// that a target may be able to do: tests use it to see what Rollcall makes of
// capabilities that a real target lacks, and which writes it makes at all.
package memory
