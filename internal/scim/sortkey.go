package scim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// longestKey is how many bytes of a value are indexed as they are.
	longestKey = 512
	// keptOfLongKey is how much of a longer one is kept for ordering and "sw",
	// before the digest that makes it distinct.
	keptOfLongKey = 448
	// firstOfDigest is the character that stands for a digest's byte 0, the
	// first of plane 15, which is for private use.
	firstOfDigest = '\U000F0000'
	// longestExponent bounds decimal numbers, so that a few bytes of JSON cannot
	// mean a number of a gigabyte.
	longestExponent = 9999
)

// SortKey is the key of a value of an attribute: keys compare, byte by byte, as
// the values do, and are what Values lists. Strings are folded unless the
// attribute is case exact, dates are UTC with nine digits, and what is longer
// than 512 bytes is cut and made distinct by a digest. A value that does not
// fit the attribute's type is an *Error invalidValue.
func SortKey(a *Attribute, value any) (string, error) {
	switch a.Type {
	case Boolean:
		b, err := a.coerceBoolean(value)
		if err != nil {
			return "", err
		}
		return strconv.FormatBool(b.(bool)), nil
	case Integer, Decimal:
		n, ok := value.(json.Number)
		if !ok {
			return "", a.unfit(value, "a number")
		}
		key, err := numberKey(n.String())
		if err != nil {
			return "", refusal(InvalidValue, "attribute %q takes a number of a reasonable size", a.Name)
		}
		return key, nil
	case Complex:
		return "", refusal(InvalidValue, "attribute %q is complex: name one of its sub-attributes", a.Name)
	}
	s, ok := value.(string)
	if !ok {
		return "", a.unfit(value, "a string")
	}
	if a.Type == DateTime {
		t, err := parseDateTime(s)
		if err != nil {
			return "", refusal(InvalidValue, "attribute %q takes a date and time such as 2026-01-31T09:00:00Z", a.Name)
		}
		return TimeKey(t), nil
	}
	if !a.CaseExact {
		s = Fold(s)
	}
	return cutKey(s), nil
}

// TimeKey is the key of a time: UTC with nine digits of a second, so that the
// order of keys is that of time.
func TimeKey(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func cutKey(s string) string {
	if len(s) <= longestKey {
		return s
	}
	var b strings.Builder
	b.WriteString(strings.ToValidUTF8(s[:keptOfLongKey], ""))
	// The digest is in characters of private use, so that "co" and "ew" find
	// nothing in it that the value has not.
	for _, digit := range sha256.Sum256([]byte(s)) {
		b.WriteRune(firstOfDigest + rune(digit))
	}
	return b.String()
}

// numberKey writes a JSON number so that the order of bytes is that of numbers,
// exactly: "-", "0" or "1" for the sign, the decimal exponent in five digits,
// and the digits without leading and trailing zeros; for negative numbers
// exponent and digits are complemented and end in "~".
func numberKey(number string) (string, error) {
	mantissa, negative := strings.CutPrefix(number, "-")
	exponent := 0
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		e, err := strconv.Atoi(mantissa[i+1:])
		if err != nil || e > longestExponent || e < -longestExponent {
			return "", fmt.Errorf("exponent out of range")
		}
		mantissa, exponent = mantissa[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(fraction) > longestKey/2 {
		return "", fmt.Errorf("too many digits")
	}
	digits := whole + fraction
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return "", fmt.Errorf("not a number")
		}
	}
	exponent += len(whole)
	significant := strings.TrimLeft(digits, "0")
	exponent -= len(digits) - len(significant)
	significant = strings.TrimRight(significant, "0")
	if significant == "" {
		return "0", nil
	}
	const middle = 50000
	if !negative {
		return fmt.Sprintf("1%05d%s", middle+exponent, significant), nil
	}
	complement := []byte(significant)
	for i, c := range complement {
		complement[i] = '0' + '9' - c
	}
	return fmt.Sprintf("-%05d%s~", middle-exponent, complement), nil
}
