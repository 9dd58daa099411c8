package rules

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// transliterate writes a text in ASCII: accents go, a few letters become what
// they are commonly written as, and what has no such form is left out.
func transliterate(text string) string {
	plain := true
	for i := 0; i < len(text); i++ {
		plain = plain && text[i] < unicode.MaxASCII
	}
	if plain {
		return text
	}
	var b strings.Builder
	for _, c := range norm.NFKD.String(text) {
		switch {
		case c < unicode.MaxASCII:
			b.WriteRune(c)
		default:
			b.WriteString(written(c))
		}
	}
	return b.String()
}

// written is how a letter that does not decompose is written in ASCII: as in
// passports (ICAO Doc 9303, part 3, section 6), but for the digraphs of ä, ö
// and ü, which lose their dots like other accents.
func written(c rune) string {
	switch c {
	case 'ß':
		return "ss"
	case 'ẞ':
		return "SS"
	case 'æ':
		return "ae"
	case 'Æ':
		return "AE"
	case 'œ':
		return "oe"
	case 'Œ':
		return "OE"
	case 'ø':
		return "o"
	case 'Ø':
		return "O"
	case 'ł':
		return "l"
	case 'Ł':
		return "L"
	case 'đ', 'ð':
		return "d"
	case 'Đ', 'Ð':
		return "D"
	case 'þ':
		return "th"
	case 'Þ':
		return "TH"
	case 'ħ':
		return "h"
	case 'Ħ':
		return "H"
	case 'ı':
		return "i"
	case 'ŋ':
		return "n"
	case 'Ŋ':
		return "N"
	case 'ŧ':
		return "t"
	case 'Ŧ':
		return "T"
	case '‘', '’', '′':
		return "'"
	case '“', '”':
		return `"`
	case '‐', '‑', '–', '—':
		return "-"
	}
	return ""
}
