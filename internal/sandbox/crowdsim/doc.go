// Package crowdsim is a stand-in for the Crowd REST API, as a Crowd server and
// Jira Data Center serve it below /rest/usermanagement/1.
//
// The vendor publishes no machine-readable description. The stand-in is
// written from the documentation and from what public third-party code relies
// on:
//
//   - https://developer.atlassian.com/server/crowd/crowd-rest-resources/
//   - https://developer.atlassian.com/server/crowd/crowd-query-language/
//
// What it is strict about: an application's name and password (and no user's),
// XML unless JSON is asked for, updates that replace the whole user (a field
// that is left out is cleared, active too), 400 for a user or a group that
// exists, 409 for a membership that does, 403 for a directory that is
// read-only, names compared ignoring case, and lists that stop at max-results,
// or at what the server likes, without a word of there being more. As Jira it puts
// names in lower case and refuses writes that look forged.
package crowdsim
