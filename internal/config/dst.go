package config

import (
	"math"
	"time"
	_ "time/tzdata" // a small image has no time zones, and validate must not depend on the machine
)

func (r *reader) validateSchedule(path string, s Schedule) {
	if s.At != nil && (s.Every.Interval > 0 || s.Every.Cron != "" || s.Every.Word == EveryHour) {
		r.problem(path+".at", "goes with daily, twice-daily and weekly only; expected none of it here")
	}
	if r.nodes[path+".weekday"] != nil && s.Every.Word != EveryWeek {
		r.problem(path+".weekday", "goes with weekly only; expected none of it here")
	}
	if period := s.Every.period(); period > 0 && s.Jitter >= period {
		r.problem(path+".jitter", "is not shorter than the time between two runs; expected less than %s", period)
	}
	if s.Timezone == "" || s.Timezone == "Local" {
		r.problem(path+".timezone", "expected an IANA name, such as Europe/Paris or UTC")
		return
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		r.problem(path+".timezone", "%q is not a time zone; expected an IANA name, such as Europe/Paris or UTC", r.raw(path+".timezone"))
		return
	}
	if r.failed[path+".every"] || r.failed[path+".at"] {
		return
	}
	r.warnOfClockChanges(path, s, zone)
}

// period is the time between two runs as far as it is fixed.
func (e Recurrence) period() time.Duration {
	switch e.Word {
	case EveryHour:
		return time.Hour
	case TwiceDaily:
		return day / 2
	case EveryDay:
		return day
	case EveryWeek:
		return 7 * day
	}
	return e.Interval
}

// warnOfClockChanges warns of a fixed time that does not exist on one day of
// the year or comes twice on another: Temporal matches the clock literally, so
// the run is left out or made twice.
func (r *reader) warnOfClockChanges(path string, s Schedule, zone *time.Location) {
	changes := clockChanges(zone, time.Now())
	if len(changes) == 0 {
		return
	}
	at, times := path+".at", fixedTimes(s)
	if s.Every.Cron != "" {
		at = path + ".every"
	}
	for _, clock := range times {
		for _, change := range changes {
			if !change.holds(clock) {
				continue
			}
			r.warn(at, "in %s the clocks change between %s and %s: a run at %s is left out or made twice on that day; better a time outside those hours, or UTC",
				s.Timezone, change.from, change.to, clock)
			return
		}
	}
}

// fixedTimes returns the times of day at which a schedule fires. An hourly one
// has none that matters: what is left out is an hour that there was not.
func fixedTimes(s Schedule) []Clock {
	switch {
	case s.At != nil && s.Every.Word == TwiceDaily:
		return []Clock{*s.At, {(s.At.Hour + 12) % 24, s.At.Minute}}
	case s.At != nil:
		return []Clock{*s.At}
	case s.Every.Cron == "":
		return nil
	}
	spec, err := ParseCron(s.Every.Cron)
	if err != nil || spec.Hour&(1<<24-1) == 1<<24-1 {
		return nil
	}
	var times []Clock
	for hour := range 24 {
		for minute := range 60 {
			if spec.Hour&(1<<hour) != 0 && spec.Minute&(1<<minute) != 0 {
				times = append(times, Clock{hour, minute})
			}
		}
	}
	return times
}

// clockChange is a span of local time that is left out or comes twice.
type clockChange struct{ from, to Clock }

func (c clockChange) holds(at Clock) bool {
	minutes := func(c Clock) int { return c.Hour*60 + c.Minute }
	from, to, when := minutes(c.from), minutes(c.to), minutes(at)
	if from <= to {
		return from <= when && when < to
	}
	return when >= from || when < to
}

// clockChanges finds a zone's changes in the year after from.
func clockChanges(zone *time.Location, from time.Time) []clockChange {
	var changes []clockChange
	offset := func(t time.Time) int {
		_, seconds := t.In(zone).Zone()
		return seconds
	}
	for at := from; at.Before(from.AddDate(1, 0, 0)); {
		_, next := at.In(zone).ZoneBounds()
		if next.IsZero() {
			break
		}
		before, after := offset(next.Add(-time.Second)), offset(next)
		if before != after {
			local := next.UTC().Add(time.Duration(min(before, after)) * time.Second)
			end := local.Add(time.Duration(math.Abs(float64(after-before))) * time.Second)
			changes = append(changes, clockChange{Clock{local.Hour(), local.Minute()}, Clock{end.Hour(), end.Minute()}})
		}
		at = next
	}
	return changes
}
