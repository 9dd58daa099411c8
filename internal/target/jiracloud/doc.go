// Package jiracloud writes people and groups to one Jira Cloud site over Jira's
// REST API v3, with the API token of a site administrator. It is for those who
// have no API key of the organisation: accounts are created with products, put
// in groups and removed from the site. Names and addresses cannot be written,
// and nobody can be suspended or deactivated.
//
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/
package jiracloud
