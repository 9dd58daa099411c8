// Package scim is the SCIM 2.0 protocol of a service provider (RFC 7643, 7644
// and 9865) without HTTP and without SQL: schemas, resources, filters, paths,
// PATCH, projections, bulk requests and errors. What clients send that the
// standard does not know is understood here too, each quirk with its source.
package scim
