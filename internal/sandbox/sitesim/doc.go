// Package sitesim is a stand-in for one Atlassian Cloud site with Jira and
// Confluence, which share its people and groups: Jira's REST API v3 below
// /rest/api/3, Confluence's v1 below /wiki/rest/api and v2 below /wiki/api/v2.
//
// It refuses what the vendor refuses, and as vaguely: a member who is added
// again, a full licence and somebody who exists without access are all a 400 of
// Jira's without a code. People who were removed stay in Jira's lists as
// inactive, searches compare beginnings and end at 1,000, hidden addresses are
// neither told nor found, pages may be shorter than was asked, names of groups
// are found as they are written and are taken whatever their case, and
// Confluence leaves suspended members out of its lists.
package sitesim
