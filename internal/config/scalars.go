package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// text returns a plain value with ${NAME} filled in from the environment.
func (r *reader) text(at place, expected string) (string, bool) {
	if at.node.Kind != yaml.ScalarNode || at.node.Tag == "!!null" {
		r.problem(at.path, "expected %s, found %s", expected, kindOf(at.node))
		return "", false
	}
	value, err := expand(at.node.Value, r.env)
	if err != nil {
		r.problem(at.path, "%v", err)
		return "", false
	}
	return value, true
}

// wrong reports a value as the file has it, not as the environment made it.
func (r *reader) wrong(at place, expected string, args ...any) {
	r.problem(at.path, "%q is not right; expected %s", abbreviated(at.node.Value), fmt.Sprintf(expected, args...))
}

func (r *reader) readString(at place, v reflect.Value) {
	value, ok := r.text(at, "a text")
	if !ok {
		return
	}
	inList := strings.HasSuffix(at.path, "]")
	if value == "" && (inList || at.tag.Get("rule") == "required") {
		r.problem(at.path, "is empty")
		return
	}
	if words := at.tag.Get("oneof"); words != "" && !contains(words, value) {
		all := strings.Split(words, ",")
		r.wrong(at, "%s%s", listed(all), didYouMean(value, all))
		return
	}
	v.SetString(value)
}

func contains(words, word string) bool {
	for one := range strings.SplitSeq(words, ",") {
		if one == word {
			return true
		}
	}
	return false
}

func (r *reader) readBool(at place, v reflect.Value) {
	value, ok := r.text(at, "true or false")
	if !ok {
		return
	}
	if value != "true" && value != "false" {
		r.wrong(at, "true or false")
		return
	}
	v.SetBool(value == "true")
}

func (r *reader) readInt(at place, v reflect.Value) {
	value, ok := r.text(at, "a whole number")
	if !ok {
		return
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		r.wrong(at, "a whole number%s", between(at.tag))
		return
	}
	if !within(at.tag, n, strconv.Atoi) {
		r.wrong(at, "a number%s", between(at.tag))
		return
	}
	v.SetInt(int64(n))
}

func (r *reader) readDuration(at place, v reflect.Value) {
	value, ok := r.text(at, "a duration such as 30s, 5m or 7d")
	if !ok {
		return
	}
	d, err := ParseDuration(value)
	if err != nil || !within(at.tag, d, ParseDuration) {
		r.wrong(at, "a duration%s, such as 30s, 5m, 1h30m, 7d or 2w", between(at.tag))
		return
	}
	v.SetInt(int64(d))
}

// readDate reads a day, which begins at midnight UTC.
func (r *reader) readDate(at place, v reflect.Value) {
	const expected = "a date such as 2027-01-31"
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	date, err := time.Parse(time.DateOnly, value)
	if err != nil {
		r.wrong(at, "%s", expected)
		return
	}
	v.Set(reflect.ValueOf(date))
}

func (r *reader) readWeekday(at place, v reflect.Value) {
	value, ok := r.text(at, "a weekday")
	if !ok {
		return
	}
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		if strings.EqualFold(value, weekday.String()) {
			v.SetInt(int64(weekday))
			return
		}
	}
	r.wrong(at, "monday, tuesday, wednesday, thursday, friday, saturday or sunday")
}

func (r *reader) readLevel(at place, v reflect.Value) {
	const expected = "debug, info, warn or error"
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[value]
	if !ok {
		r.wrong(at, expected)
		return
	}
	v.SetInt(int64(level))
}

// Share is a part of a whole, 0 to 1; the file says "5%".
type Share float64

func (s *Share) readNode(r *reader, at place) {
	value, ok := r.text(at, "a percentage such as 5%")
	if !ok {
		return
	}
	share, err := parseShare(value)
	if err != nil || !within(at.tag, share, parseShare) {
		r.wrong(at, "a percentage%s, such as 5%%", between(at.tag))
		return
	}
	*s = share
}

func parseShare(s string) (Share, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, fmt.Errorf("%q is no percentage", s)
	}
	percent, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no percentage", s)
	}
	return Share(percent / 100), nil
}

// Interval is how often something that costs much is done; 0 means always.
type Interval time.Duration

// Duration returns the interval as a time.Duration.
func (i Interval) Duration() time.Duration { return time.Duration(i) }

func (i *Interval) readNode(r *reader, at place) {
	const expected = "always, hourly, daily, weekly or a duration of at least 1m"
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	words := map[string]time.Duration{"always": 0, "hourly": time.Hour, "daily": day, "weekly": 7 * day}
	interval, ok := words[value]
	if !ok {
		d, err := ParseDuration(value)
		if err != nil || d < time.Minute {
			r.wrong(at, "%s", expected)
			return
		}
		interval = d
	}
	*i = Interval(interval)
}

// within says whether a value lies in the range of its field's tag.
func within[T cmp.Ordered](tag reflect.StructTag, value T, parse func(string) (T, error)) bool {
	low, high, ok := strings.Cut(tag.Get("range"), "..")
	if !ok {
		return true
	}
	lowest, errLow := parse(low)
	highest, errHigh := parse(high)
	return errLow == nil && errHigh == nil && lowest <= value && value <= highest
}

// between words the range of a field's tag.
func between(tag reflect.StructTag) string {
	low, high, ok := strings.Cut(tag.Get("range"), "..")
	if !ok {
		return ""
	}
	return " from " + low + " to " + high
}
