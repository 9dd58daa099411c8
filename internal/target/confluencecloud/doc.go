// Package confluencecloud writes groups and their members to one Confluence
// Cloud site over Confluence's REST API v1 and v2, with the API token of a site
// administrator. Accounts cannot be made, changed or removed there: people get
// one by other means and are found and adopted; a leaver loses the groups.
//
// Confluence finds nobody by e-mail address. Where the site has Jira, and the
// same token may use it, Jira's search is asked; it is the same site with the
// same people and groups. Else the members of the groups that have access are
// gone through, which costs a call for each 200 of them.
//
// https://developer.atlassian.com/cloud/confluence/rest/v1/intro/
// https://developer.atlassian.com/cloud/confluence/rest/v2/intro/
package confluencecloud
