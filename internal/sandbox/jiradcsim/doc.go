// Package jiradcsim is a stand-in of Jira Data Center: the users, groups and
// application roles of its REST API v2, and as much of projects and components
// as has a lead.
//
// It is written from the vendor's API description and public documentation. It
// enforces what surprises: 400 for who is a member already and for what exists,
// for a write that changes nothing and for a user who still leads or has
// something; group names in lower case; a group picker that shows 20 groups; 50
// members a page; searches that find nobody without the permission to browse
// users; hidden and masked e-mail addresses; writes that look forged; a list of
// users that only newer versions have and a status that only 8.3 and later
// write.
package jiradcsim
