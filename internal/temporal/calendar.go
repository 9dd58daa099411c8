package temporal

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// defaultHour is when a schedule without a time of day fires, in its own time
// zone: at night, and after the hours in which clocks change.
const defaultHour = 4

// TimesOf translates a connection's schedule into Temporal's terms: calendars
// in the schedule's time zone wherever the clock can express them, since an
// interval knows no time zone. Without a time of day the minute follows from
// the connection's name, so that not all connections start at once.
func TimesOf(connection string, s config.Schedule) (client.ScheduleSpec, error) {
	spec := client.ScheduleSpec{Jitter: s.Jitter, TimeZoneName: s.Timezone}
	spread := spreadOf(connection)
	at := config.Clock{Hour: defaultHour, Minute: int(spread % 60)}
	if s.At != nil {
		at = *s.At
	}
	every := s.Every
	// The same thing in other words keeps to the same time of day.
	switch every.Interval {
	case 12 * time.Hour:
		every = config.Recurrence{Word: config.TwiceDaily}
	case 24 * time.Hour:
		every = config.Recurrence{Word: config.EveryDay}
	case 7 * 24 * time.Hour:
		every = config.Recurrence{Word: config.EveryWeek}
	}
	calendar := everyMinuteOfTheYear()
	calendar.Minute = only(at.Minute)
	switch every.Word {
	case config.EveryHour:
	case config.EveryDay:
		calendar.Hour = only(at.Hour)
	case config.TwiceDaily:
		first, second := at.Hour%12, at.Hour%12+12
		calendar.Hour = append(only(first), only(second)...)
	case config.EveryWeek:
		calendar.Hour = only(at.Hour)
		calendar.DayOfWeek = only(int(s.Weekday))
	default:
		switch {
		case every.Cron != "":
			calendars, err := cronCalendars(every.Cron)
			if err != nil {
				return client.ScheduleSpec{}, fmt.Errorf("schedule of %s: %w", connection, err)
			}
			spec.Calendars = calendars
		case every.Interval > 0:
			timesOfInterval(&spec, every.Interval, spread)
		default:
			return client.ScheduleSpec{}, fmt.Errorf("schedule of %s: it does not say how often", connection)
		}
		return spec, nil
	}
	spec.Calendars = []client.ScheduleCalendarSpec{calendar}
	return spec, nil
}

// timesOfInterval uses a calendar where the interval divides an hour or a day.
func timesOfInterval(spec *client.ScheduleSpec, every time.Duration, spread uint32) {
	calendar := everyMinuteOfTheYear()
	minutes, hours := int(every/time.Minute), int(every/time.Hour)
	switch {
	case every == time.Duration(minutes)*time.Minute && minutes <= 60 && 60%minutes == 0:
		calendar.Minute = []client.ScheduleRange{{Start: int(spread) % minutes, End: 59, Step: minutes}}
	case every == time.Duration(hours)*time.Hour && 24%hours == 0:
		start := 0
		if hours >= defaultHour {
			start = defaultHour % hours
		}
		calendar.Minute = only(int(spread % 60))
		calendar.Hour = []client.ScheduleRange{{Start: start, End: 23, Step: hours}}
	default:
		offset := time.Duration(spread) * time.Second % every.Truncate(time.Second)
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: every, Offset: offset}}
		return
	}
	spec.Calendars = []client.ScheduleCalendarSpec{calendar}
}

// cronCalendars has cron's own rule for days: when both the day of the month
// and the day of the week are given, either is enough. Temporal's cron strings
// ask for both, so two calendars are made.
func cronCalendars(expression string) ([]client.ScheduleCalendarSpec, error) {
	cron, err := config.ParseCron(expression)
	if err != nil {
		return nil, err
	}
	calendar := everyMinuteOfTheYear()
	calendar.Minute = ranges(cron.Minute, 0, 59)
	calendar.Hour = ranges(cron.Hour, 0, 23)
	calendar.Month = ranges(cron.Month, 1, 12)
	byMonth, byWeek := calendar, calendar
	byMonth.DayOfMonth = ranges(cron.Dom, 1, 31)
	byWeek.DayOfWeek = ranges(cron.Dow, 0, 6)
	// The parser marks a field that was "*" with the highest bit.
	const star = 1 << 63
	switch {
	case cron.Dow&star != 0:
		return []client.ScheduleCalendarSpec{byMonth}, nil
	case cron.Dom&star != 0:
		return []client.ScheduleCalendarSpec{byWeek}, nil
	}
	return []client.ScheduleCalendarSpec{byMonth, byWeek}, nil
}

// everyMinuteOfTheYear is spelt out in full: that is how the server returns
// it, so that what is there can be compared with what should be.
func everyMinuteOfTheYear() client.ScheduleCalendarSpec {
	return client.ScheduleCalendarSpec{
		Second:     only(0),
		Minute:     span(0, 59),
		Hour:       span(0, 23),
		DayOfMonth: span(1, 31),
		Month:      span(1, 12),
		DayOfWeek:  span(0, 6),
	}
}

func only(n int) []client.ScheduleRange { return span(n, n) }

func span(from, to int) []client.ScheduleRange {
	return []client.ScheduleRange{{Start: from, End: to, Step: 1}}
}

// ranges turns a set of bits into as few ranges as there are runs of them.
func ranges(bits uint64, lowest, highest int) []client.ScheduleRange {
	var all []client.ScheduleRange
	for n := lowest; n <= highest; n++ {
		if bits&(1<<n) == 0 {
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].End == n-1 {
			all[last].End = n
			continue
		}
		all = append(all, client.ScheduleRange{Start: n, End: n, Step: 1})
	}
	return all
}

func spreadOf(connection string) uint32 {
	hash := fnv.New32a()
	hash.Write([]byte(connection))
	return hash.Sum32()
}

// sameTimes compares what the server returned with what TimesOf made.
func sameTimes(a, b *client.ScheduleSpec) bool {
	return a.Jitter == b.Jitter && a.TimeZoneName == b.TimeZoneName &&
		a.StartAt.Equal(b.StartAt) && a.EndAt.Equal(b.EndAt) &&
		slices.Equal(a.Intervals, b.Intervals) &&
		slices.Equal(a.CronExpressions, b.CronExpressions) &&
		slices.EqualFunc(a.Skip, b.Skip, sameCalendar) &&
		slices.EqualFunc(a.Calendars, b.Calendars, sameCalendar)
}

func sameCalendar(a, b client.ScheduleCalendarSpec) bool {
	return a.Comment == b.Comment &&
		slices.Equal(a.Second, b.Second) && slices.Equal(a.Minute, b.Minute) && slices.Equal(a.Hour, b.Hour) &&
		slices.Equal(a.DayOfMonth, b.DayOfMonth) && slices.Equal(a.Month, b.Month) &&
		slices.Equal(a.Year, b.Year) && slices.Equal(a.DayOfWeek, b.DayOfWeek)
}
