// Package jiradc keeps accounts, groups and memberships in Jira Data Center
// over its REST API v2.
//
// https://developer.atlassian.com/server/jira/platform/rest/
//
// An account is known by its user key, which outlives a new user name. A group
// is known by its name in lower case, as Jira folds it. The API has no list of
// groups: they are read through the group picker, whose answers are capped, and
// the list counts as read only once as many are known as the picker says that
// there are.
package jiradc
