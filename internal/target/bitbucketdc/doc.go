// Package bitbucketdc writes accounts, groups and memberships of a Bitbucket
// Data Center (or Server) instance through its REST API 1.0.
//
// https://developer.atlassian.com/server/bitbucket/rest/
//
// Bitbucket cannot block an account: what it can do is to take away what makes
// it a licensed user, which are the groups with a global permission and the
// permission of its own. That is how an account is suspended here, and one that
// holds no global permission is what a suspended account is.
//
// Users and groups are known by their names: the API takes nothing else, and
// compares them ignoring case. A user's slug, which it wants in paths, is not
// needed by any call here.
//
// github.com/gfleury/go-bitbucket-v1 is not used. It takes one context for a
// whole client and none for a call; its errors are texts of status and body,
// without headers, so that no rate limit and no kind of error can be told; its
// answers carry the address that was asked, and with it the password that
// creating an account has in its query; and the calls that matter most here
// cannot be made with it: add-users and remove-group are sent without the body
// that names the group.
//
// [K] in what follows marks general knowledge that neither the description nor
// the documentation states: the client takes either answer there and reads
// back.
package bitbucketdc
