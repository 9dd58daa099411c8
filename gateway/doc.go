// Package gateway serves SCIM 2.0 over HTTP: RFC 7643 (schemas), RFC 7644
// (protocol) and RFC 9865 (paging by cursor). What is pushed is stored, with
// what is to be done about it, in one transaction; then it is answered, and
// then the workflow that applies it is woken.
//
// The protocol itself is in internal/scim, SQL in internal/store.
package gateway
