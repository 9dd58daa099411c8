package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
)

// readPrefix reads a network, or one address for the network of it alone.
func (r *reader) readPrefix(at place, v reflect.Value) {
	const expected = "a network such as 10.0.0.0/8, or an address"
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		address, err := netip.ParseAddr(value)
		if err != nil || address.Zone() != "" {
			r.wrong(at, "%s", expected)
			return
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if prefix.Masked() != prefix {
		r.wrong(at, "%s; the bits after the prefix are not zero", expected)
		return
	}
	v.Set(reflect.ValueOf(prefix))
}

// readSize reads a number of bytes.
func (r *reader) readSize(at place, v reflect.Value) {
	value, ok := r.text(at, "a size such as 4MiB")
	if !ok {
		return
	}
	size, err := ParseSize(value)
	if err != nil || !within(at.tag, size, ParseSize) {
		r.wrong(at, "a size%s, such as 512KiB or 4MiB", between(at.tag))
		return
	}
	v.SetInt(size)
}

// ParseSize reads a number of bytes: "4MiB", "512KiB", "1GiB", "2MB" (of 1000
// times 1000) or "65536B". A number needs its unit. An error does not repeat
// the text.
func ParseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "KMGiB")
	units := map[string]int64{
		"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1e3, "MB": 1e6, "GB": 1e9,
	}
	unit, known := units[s[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || strings.Trim(digits, "0123456789") != "" || !known:
		return 0, fmt.Errorf("not a size")
	case n > math.MaxInt64/unit:
		return 0, fmt.Errorf("size too large")
	}
	return n * unit, nil
}
