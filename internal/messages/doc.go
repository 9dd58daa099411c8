// Package messages holds docs/messages.md to the source: its tests collect
// every word and text that an administrator can meet, and fail on one that the
// document lacks, and on one in the document that nothing says any more.
package messages
