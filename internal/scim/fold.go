package scim

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// foldName makes names of attributes, URNs and operators comparable: they are
// case-insensitive (RFC 7643, section 2.1).
func foldName(s string) string {
	return strings.ToLower(s)
}

// Fold makes values comparable that are not case exact: width, then case, then
// composition, as the profile UsernameCaseMapped of RFC 8265 prepares names
// (RFC 7644, section 7.8). Unlike it, it refuses nothing.
func Fold(s string) string {
	upper := false
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return norm.NFC.String(strings.Map(foldRune, norm.NFC.String(width.Fold.String(s))))
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if !upper {
		return s
	}
	return strings.ToLower(s)
}

// foldRune takes a letter to one letter that stands for all its cases: strings.ToLower
// alone would keep the two small sigmas and the Kelvin sign apart from their kin.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least == r && unicode.SimpleFold(r) == r {
		return r
	}
	if 'A' <= least && least <= 'Z' {
		return least + ('a' - 'A')
	}
	return unicode.ToLower(least)
}
