package main

import "github.com/rollcall-sync/rollcall/internal/sandbox"

// kindCosts are the calls that a kind of target makes unavoidable, as its page
// under docs/targets explains them. They hold for the organisation that is
// measured: few people share both of their groups, and nobody administers but
// who is there from the start. A kind that has none here is not judged.
func kindCosts(kind string) costs {
	return map[string]costs{
		sandbox.AtlassianCloud: {
			Run: 5, First: 3, Account: 1./100 + 1./25, Group: 1.1, Joined: .5, Added: 1, Removed: 1, Leaver: 1, Suspended: 1,
			Reason: "a search for 100 people, an invitation of 25 with one group that they share, and a call for each other membership",
		},
		sandbox.AtlassianGuard: {
			Run: 6, First: 4, Account: 2, FirstAccount: 1.25, Group: 2, Joined: 1, Added: 1, Removed: 1, Leaver: 2, Suspended: 2, Renamed: 2,
			Reason: "a look-up and a creation for each person, a call for each membership, and a leaver is looked at before the change",
		},
		sandbox.JiraCloud: {
			Run: 12, First: 3, Account: 2, FirstAccount: 1.05, Group: 1.1, Joined: 1, Added: 1, Removed: 1, Leaver: 1, SuspendedGroup: 1,
			Reason: "a look-up and a creation for each person, unless all are listed, a call for each membership, and one for an account that is removed",
		},
		sandbox.ConfluenceCloud: {
			Run: 12, First: 3, Account: 1, FirstAccount: .06, Group: 1, Joined: 1, Added: 1, Removed: 1, LeaverGroup: 1, SuspendedGroup: 1,
			Reason: "a look-up for each person, unless all are listed, and a call for each membership",
		},
		sandbox.BitbucketCloud: {
			Run: 5, First: 5, Account: .06, Group: 1, Joined: 1, Added: 1, Removed: 1, LeaverGroup: 1, SuspendedGroup: 1,
			Reason: "a call for each membership, and people are found in the list of members",
		},
		sandbox.JiraDataCenter: {
			Run: 5, First: 3, Account: 2, Group: 2, Joined: 1, Added: 1, Removed: 1, Leaver: 1, Suspended: 1, Renamed: 2,
			Reason: "a look-up and a creation for each person and group, and a call for each membership",
		},
		sandbox.ConfluenceDataCenter: {
			Run: 3, First: 3, Account: 2, Group: 2, Joined: 1, Added: 1, Removed: 1, Leaver: 2, Suspended: 2, Renamed: 1, Refused: 1,
			Reason: "a look-up and a creation for each person and group, a call for each membership, and a look-up for whoever has a user name that Confluence does not take",
		},
		sandbox.BitbucketDataCenter: {
			Run: 5, First: 3, Account: 2, Group: 2, Joined: .5, Added: 1, Removed: 1, Leaver: 4, Suspended: 4, Renamed: 2,
			Reason: "a look-up and a creation for each person, one call for all groups of a new one and for each other membership, and four for a leaver, whose access hangs on groups",
		},
		sandbox.Crowd: {
			Run: 3, First: 3, Account: 1 + 1./20, Group: 1.1, Joined: 1, Added: 1, Removed: 1, Leaver: 2, Suspended: 2, Renamed: 2.1,
			Reason: "a search for 20 people, a creation for each, a call for each membership, and an update replaces the whole user, which is read first",
		},
	}[kind]
}
