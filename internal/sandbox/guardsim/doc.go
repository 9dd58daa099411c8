// Package guardsim is a stand-in for a SCIM directory of Atlassian Guard: the
// User provisioning API as its description has it, and of the organisation API
// the two searches that tell about groups of sites and administrators.
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/
//
// It is written from the vendor's description and documents and RFC 7644, and
// refuses what they say is refused: filters other than one "eq", names of
// groups that change, addresses outside the verified domains.
package guardsim
