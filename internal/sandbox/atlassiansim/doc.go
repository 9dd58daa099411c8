// Package atlassiansim is a strict, stateful stand-in of Atlassian's
// organizations and user management APIs. It is written from the vendor's API
// descriptions, not from what any client sends: what the vendor documents as
// refused, it refuses; where the vendor's documentation is silent, the choice
// is stated beside the code that makes it.
//
// One handler serves both APIs under one base URL, as api.atlassian.com does:
// the organizations API below /admin, user management below /users.
//
// https://developer.atlassian.com/cloud/admin/organization/rest/
// https://developer.atlassian.com/cloud/admin/user-management/rest/
package atlassiansim
