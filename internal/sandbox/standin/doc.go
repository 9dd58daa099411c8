// Package standin is the frame of a stand-in: routing, faults, rate limits,
// credentials, strict reading and writing of JSON. What a vendor's API says is
// each stand-in's own.
package standin
