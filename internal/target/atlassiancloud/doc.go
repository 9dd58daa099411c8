// Package atlassiancloud keeps accounts, groups and memberships of an
// Atlassian Cloud organisation through the organisation's own API
// (https://developer.atlassian.com/cloud/admin/organization/rest/) and, for
// managed accounts, the user management API
// (https://developer.atlassian.com/cloud/admin/user-management/rest/). Both
// take one organisation API key as a bearer token.
//
// The vendor's answers are never believed beyond what they state: results are
// matched by e-mail address, name or id and not by position, "already there"
// is decided by reading back and not by words, and an answer that is cut,
// empty or not JSON is an outage and not an empty list.
package atlassiancloud
