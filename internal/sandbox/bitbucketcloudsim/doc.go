// Package bitbucketcloudsim is a stand-in for a Bitbucket Cloud workspace:
// members, permissions of groups on projects and repositories (API 2.0), and
// the groups endpoint of API 1.0.
// https://developer.atlassian.com/cloud/bitbucket/rest/
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
//
// It is written from the vendor's description and documents. What they leave
// open is answered in the way that is hardest for a client: a membership that is
// there already is a 409, one that is not there a 404, a name that is taken a 400
// with a plain text.
package bitbucketcloudsim
