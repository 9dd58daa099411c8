// Package propertytest checks what must hold of every run, whatever the
// organisation, its rules and what the target holds already: it runs the real
// workflows with the real activities over a real database, between a source
// and a target in memory, for organisations made up at random.
//
// Its tests take seconds; ROLLCALL_SWEEP=1 makes them take minutes and try
// many more organisations.
package propertytest
