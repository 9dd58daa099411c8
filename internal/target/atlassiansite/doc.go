// Package atlassiansite is what the Jira and the Confluence of one Atlassian
// Cloud site have in common: the site's name, its errors, and its people as
// Jira's REST API lists and finds them. The targets jiracloud and
// confluencecloud stand on it.
//
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/
package atlassiansite
