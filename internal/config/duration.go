package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

var durationPart = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|s|m|h|d|w)`)

// ParseDuration reads a duration in Go's notation with two more units, d for
// 24 hours and w for 7 of those: "30s", "1h30m", "7d", "2w". It is never
// negative. An error does not repeat the text.
func ParseDuration(s string) (time.Duration, error) {
	units := map[string]time.Duration{
		"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day,
	}
	if s == "0" {
		return 0, nil
	}
	if s == "" {
		return 0, fmt.Errorf("empty duration")
	}
	var total float64
	for rest := s; rest != ""; {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return 0, fmt.Errorf("not a duration")
		}
		number, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, fmt.Errorf("not a duration")
		}
		total += number * float64(units[part[2]])
		rest = rest[len(part[0]):]
	}
	if total >= math.MaxInt64 {
		return 0, fmt.Errorf("duration too long")
	}
	return time.Duration(total), nil
}
