// Package people invents organisations: people with the names, addresses,
// statuses and groups that real ones have, the same for the same seed, and
// what changes in them from one day to the next.
package people
