// Package confluencedc keeps accounts, groups and memberships in Confluence
// Data Center over its REST API.
//
// https://developer.atlassian.com/server/confluence/rest/
//
// An account is known by its user name, since writes take nothing else, and a
// group by its name in lower case, as Confluence folds it. The API shows nobody's
// e-mail address: accounts are found by user name alone. What it can do grew
// with its versions (deactivate and delete 8.2, create and list 8.4, change
// 10.0); a call that a version lacks is told from an account that is not there
// by looking the account up.
package confluencedc
