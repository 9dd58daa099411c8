// Package bitbucketdcsim is a stand-in for the REST API 1.0 of Bitbucket Data
// Center, written from the vendor's description and documentation:
//
//   - https://developer.atlassian.com/server/bitbucket/rest/
//   - https://confluence.atlassian.com/bitbucketserver/users-and-groups-776640439.html
//
// What it is strict about: the parameters of a new user are all in the query;
// an update takes no active flag, and nothing deactivates a user; filters are
// for any part of user name, name or address; pages are as long as the server
// likes and say where the next one begins; a name and an address are taken
// once; names are compared ignoring case; a user without a global permission is
// there and has no licence; a 403 is a full licence as well as a missing right;
// nobody touches who or what holds a higher permission;
// writes without a JSON body need X-Atlassian-Token.
package bitbucketdcsim
