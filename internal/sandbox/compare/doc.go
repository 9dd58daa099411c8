// Package compare says whether a target holds what an Okta organisation says
// it should. It reads the stand-ins' own state and shares no
// code with the clients, the rules or the database: it is what they are
// checked against.
//
// The mapping that it expects is the default one: an account is a person's by
// e-mail address, whatever its case; a group is a group's by name.
package compare
