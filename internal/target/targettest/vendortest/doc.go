// Package vendortest stands a Data Center product's stand-in up for the tests of
// its client: it listens, keeps what is seeded, and tells the calls that it got.
package vendortest
