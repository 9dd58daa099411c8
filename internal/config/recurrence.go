package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

func (e *Recurrence) readNode(r *reader, at place) {
	const expected = `hourly, daily, twice-daily, weekly, a duration of at least 1m, or cron and five fields, such as "cron 30 6 * * mon-fri"`
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	words := []string{EveryHour, EveryDay, TwiceDaily, EveryWeek}
	if slices.Contains(words, value) {
		e.Word = value
		return
	}
	if fields, isCron := strings.CutPrefix(value, "cron "); isCron {
		expression := strings.Trim(strings.TrimSpace(fields), `"'`)
		if _, err := ParseCron(expression); err != nil {
			r.wrong(at, "cron and five fields (minute, hour, day of month, month, day of week), such as \"cron 30 6 * * mon-fri\"")
			return
		}
		e.Cron = expression
		return
	}
	d, err := ParseDuration(value)
	switch {
	case err != nil:
		r.wrong(at, "%s%s", expected, didYouMean(value, words))
	case d < time.Minute || d > 90*day:
		r.wrong(at, "a duration from 1m to 90d")
	default:
		e.Interval = d
	}
}

// ParseCron reads a five-field cron expression. Descriptors such as @daily and
// a time zone in front are refused: there are settings for both.
func ParseCron(expression string) (*cron.SpecSchedule, error) {
	if strings.ContainsAny(expression, "@=") {
		return nil, fmt.Errorf("cron %q: only the five fields are understood", expression)
	}
	fields := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	schedule, err := fields.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("cron %q: %w", expression, err)
	}
	spec, ok := schedule.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("cron %q: not five fields", expression)
	}
	return spec, nil
}

func (c *Clock) readNode(r *reader, at place) {
	const expected = `a time of day such as "02:00"`
	value, ok := r.text(at, expected)
	if !ok {
		return
	}
	parsed, err := time.Parse("15:04", value)
	if err != nil {
		r.wrong(at, "%s", expected)
		return
	}
	*c = Clock{Hour: parsed.Hour(), Minute: parsed.Minute()}
}

// String returns "15:04".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }
