// Package atlassianguard keeps users and groups in a SCIM directory of
// Atlassian Guard, through the User provisioning API.
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/
//
// An account's id is the directory's own. The Atlassian account that the
// directory linked it to is told as the attribute "account_id" and cannot be
// written. An account is blocked by "active": false; the API's DELETE does the
// same and hides the account as well, so it is not used. A group's name cannot
// change.
//
// No client library is used: none on the module proxy speaks this API, and the
// few calls that are needed have typed errors, limits and contexts here.
package atlassianguard
