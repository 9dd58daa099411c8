// Package confluencedcsim is a stand-in of Confluence Data Center: the users
// and groups of its REST API.
//
// It is written from the vendor's API description and public documentation. It
// enforces what surprises: nobody's e-mail address is shown; calls that came
// with later versions are not there in earlier ones; user names that must be in
// lower case and hold none of a list of characters; names and addresses that are
// written only together; a deletion that is a task; writes that are taken for
// forged ones without a header; addresses that cannot carry a slash.
package confluencedcsim
