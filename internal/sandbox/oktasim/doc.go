// Package oktasim is a stand-in of Okta's management API over HTTP, written
// from the vendor's API description: stateful, strict, and fast enough for
// organisations of a hundred thousand people. It keeps users, groups, one
// application and a system log, pages as Okta does, and misbehaves when its
// fault engine says so.
package oktasim
