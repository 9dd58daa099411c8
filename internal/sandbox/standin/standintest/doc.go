// Package standintest calls stand-ins as anybody's program might, without a
// client of ours, for the stand-ins' own tests.
package standintest
