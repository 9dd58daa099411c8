// Package crowd writes accounts, groups and memberships through the Crowd REST
// API: of a Crowd server, or of Jira or Confluence Data Center, which serve the same
// one for other products (/rest/usermanagement/1).
//
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/
//
// The vendor publishes no machine-readable description of it. What this
// package relies on is the documentation above and, marked where it matters,
// [P] third-party code that is public, and [K] general knowledge: the client
// takes either answer there and reads back.
//
// The credential is an application of Crowd, with its name and password, and
// not a user; Crowd accepts it from the addresses on the application's list
// alone. Users and groups are known by their names, which the API compares
// ignoring case; it tells no other id that a call could be made with.
package crowd
