// Package rest is the HTTP side that all targets share: it authenticates,
// encodes, decodes, bounds, measures, keeps secrets out of what is said, and
// turns whatever goes wrong into one of the directory package's errors.
//
// A target describes each request as a Call whose path is a template, says by
// a Dialect how its vendor writes errors, and decides nothing by the text of an
// answer. An answer that is cut, empty or not what was asked for is an outage
// and not an empty list.
package rest
