// Package bitbucketcloud keeps the groups of a Bitbucket Cloud workspace, who
// is in them, and what they may do in projects and repositories.
// https://developer.atlassian.com/cloud/bitbucket/rest/
//
// Groups have no place in the 2.0 API: they are kept by the groups endpoint of
// 1.0, which the vendor still supports for workspaces that are not administered
// in admin.atlassian.com.
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
// Accounts can neither be made nor blocked by any API of Bitbucket: people join
// the workspace by other means and are found there.
//
// The client library github.com/ktrysmt/go-bitbucket (v0.10.0) is not used: its
// calls take no context but for a few, so that a run cannot be stopped in one;
// its error keeps the status and the body of an answer and none of the headers,
// so that nothing says how long a rate limit lasts; and it knows neither the
// groups endpoint of 1.0 nor the search for members by address.
package bitbucketcloud
