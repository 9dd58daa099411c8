// Package budget keeps calls to one endpoint with one credential inside a
// share of what the vendor allows, whichever process makes them.
//
// Each of the vendor's rate-limit buckets is one State, kept in a database
// row that every process shares. A transport leases a second's worth of calls
// from it at a time and spends them from memory. The vendor's headers set the
// limit and the end of its window; a 429 lowers what is used, quiet raises it
// again. Calls marked by WithPriority may use a fifth that others leave alone.
//
// The arithmetic is in State and does no input or output; Transport asks the
// Store and waits.
package budget
