package temporal_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// firings lists the local times at which calendars fire in a span, by the rule
// that the server documents: every field matches literally.
func firings(t *testing.T, spec client.ScheduleSpec, from time.Time, days int) []string {
	t.Helper()
	zone, err := time.LoadLocation(spec.TimeZoneName)
	if err != nil {
		t.Fatal(err)
	}
	in := func(ranges []client.ScheduleRange, n int) bool {
		for _, r := range ranges {
			if r.Start <= n && n <= r.End && (n-r.Start)%r.Step == 0 {
				return true
			}
		}
		return false
	}
	var fired []string
	for at := from; at.Before(from.AddDate(0, 0, days)); at = at.Add(time.Minute) {
		local := at.In(zone)
		for _, c := range spec.Calendars {
			if in(c.Minute, local.Minute()) && in(c.Hour, local.Hour()) && in(c.DayOfMonth, local.Day()) &&
				in(c.Month, int(local.Month())) && in(c.DayOfWeek, int(local.Weekday())) {
				fired = append(fired, local.Format("Mon 2 15:04"))
				break
			}
		}
	}
	return fired
}

func TestASchedulesTimes(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) *config.Clock { return &config.Clock{Hour: hour, Minute: minute} }
	word := func(w string) config.Recurrence { return config.Recurrence{Word: w} }
	for name, test := range map[string]struct {
		schedule config.Schedule
		days     int
		want     []string
	}{
		"daily at a time":                      {config.Schedule{Every: word(config.EveryDay), At: at(5, 30)}, 2, []string{"Mon 1 05:30", "Tue 2 05:30"}},
		"daily without a time, at night":       {config.Schedule{Every: word(config.EveryDay)}, 1, []string{"Mon 1 04:13"}},
		"twice daily":                          {config.Schedule{Every: word(config.TwiceDaily), At: at(6, 0)}, 1, []string{"Mon 1 06:00", "Mon 1 18:00"}},
		"twice daily from the afternoon":       {config.Schedule{Every: word(config.TwiceDaily), At: at(18, 0)}, 1, []string{"Mon 1 06:00", "Mon 1 18:00"}},
		"twice daily at noon and midnight":     {config.Schedule{Every: word(config.TwiceDaily), At: at(0, 0)}, 1, []string{"Mon 1 00:00", "Mon 1 12:00"}},
		"weekly":                               {config.Schedule{Every: word(config.EveryWeek), Weekday: time.Wednesday, At: at(7, 0)}, 14, []string{"Wed 3 07:00", "Wed 10 07:00"}},
		"weekly on a Sunday":                   {config.Schedule{Every: word(config.EveryWeek), Weekday: time.Sunday, At: at(7, 0)}, 14, []string{"Sun 7 07:00", "Sun 14 07:00"}},
		"a day is the same as daily":           {config.Schedule{Every: config.Recurrence{Interval: 24 * time.Hour}}, 1, []string{"Mon 1 04:13"}},
		"half a day is the same as twice":      {config.Schedule{Every: config.Recurrence{Interval: 12 * time.Hour}}, 1, []string{"Mon 1 04:13", "Mon 1 16:13"}},
		"seven days is the same as weekly":     {config.Schedule{Every: config.Recurrence{Interval: 7 * 24 * time.Hour}, Weekday: time.Monday}, 7, []string{"Mon 1 04:13"}},
		"six hours, away from changing clocks": {config.Schedule{Every: config.Recurrence{Interval: 6 * time.Hour}}, 1, []string{"Mon 1 04:13", "Mon 1 10:13", "Mon 1 16:13", "Mon 1 22:13"}},
		"cron":                                 {config.Schedule{Every: config.Recurrence{Cron: "*/30 6 * * mon,tue"}}, 7, []string{"Mon 1 06:00", "Mon 1 06:30", "Tue 2 06:00", "Tue 2 06:30"}},
		"cron by day of the month":             {config.Schedule{Every: config.Recurrence{Cron: "0 6 3-4 6 *"}}, 7, []string{"Wed 3 06:00", "Thu 4 06:00"}},
		"cron by either day":                   {config.Schedule{Every: config.Recurrence{Cron: "0 6 2 * fri"}}, 7, []string{"Tue 2 06:00", "Fri 5 06:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.schedule.Timezone = "Europe/Paris"
			spec, err := temporal.TimesOf("staff", test.schedule)
			if err != nil {
				t.Fatal(err)
			}
			zone, err := time.LoadLocation("Europe/Paris")
			if err != nil {
				t.Fatal(err)
			}
			// A Monday, far from any change of clocks.
			monday := time.Date(2026, time.June, 1, 0, 0, 0, 0, zone)
			if diff := cmp.Diff(test.want, firings(t, spec, monday, test.days)); diff != "" {
				t.Errorf("fires (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASchedulesRunsInADay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		every config.Recurrence
		want  int
	}{
		"hourly":       {config.Recurrence{Word: config.EveryHour}, 24},
		"a minute":     {config.Recurrence{Interval: time.Minute}, 24 * 60},
		"15 minutes":   {config.Recurrence{Interval: 15 * time.Minute}, 24 * 4},
		"an hour":      {config.Recurrence{Interval: time.Hour}, 24},
		"three hours":  {config.Recurrence{Interval: 3 * time.Hour}, 8},
		"eight hours":  {config.Recurrence{Interval: 8 * time.Hour}, 3},
		"every minute": {config.Recurrence{Cron: "* * * * *"}, 24 * 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, connection := range []string{"staff", "a", "contractors-emea"} {
				spec, err := temporal.TimesOf(connection, config.Schedule{Every: test.every, Timezone: "UTC"})
				if err != nil {
					t.Fatal(err)
				}
				day := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
				if got := len(firings(t, spec, day, 1)); got != test.want {
					t.Errorf("%s: %d runs a day; want %d", connection, got, test.want)
				}
			}
		})
	}
}

func TestAnIntervalThatNoClockExpressesIsAnInterval(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{7 * time.Minute, 90 * time.Minute, 5 * time.Hour, 48 * time.Hour, 90 * time.Second} {
		spec, err := temporal.TimesOf("staff", config.Schedule{Every: config.Recurrence{Interval: every}, Timezone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		if len(spec.Calendars) != 0 || len(spec.Intervals) != 1 || spec.Intervals[0].Every != every {
			t.Fatalf("%s: %+v; want one interval", every, spec)
		}
		if offset := spec.Intervals[0].Offset; offset < 0 || offset >= every {
			t.Errorf("%s: offset %s; want one within the interval", every, offset)
		}
	}
}

// The zone's rules are the server's: a run at an hour that does not exist is
// left out, so what is chosen for the administrator must avoid those hours.
func TestAChosenTimeExistsOnEveryDayOfTheYear(t *testing.T) {
	t.Parallel()
	for _, every := range []config.Recurrence{{Word: config.TwiceDaily}, {Interval: 8 * time.Hour}} {
		for _, zone := range []string{"Europe/Paris", "Europe/London", "America/New_York", "Africa/Cairo"} {
			spec, err := temporal.TimesOf("staff", config.Schedule{Every: every, Timezone: zone})
			if err != nil {
				t.Fatal(err)
			}
			location, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			year := time.Date(2026, time.January, 1, 0, 0, 0, 0, location)
			perDay := len(firings(t, spec, year, 1))
			if got, want := len(firings(t, spec, year, 365)), 365*perDay; got != want {
				t.Errorf("%+v in %s: %d runs a year; want %d", every, zone, got, want)
			}
		}
	}
}

func TestConnectionsAreSpreadByTheirNames(t *testing.T) {
	t.Parallel()
	minutes := map[int]bool{}
	for _, name := range []string{"staff", "contractors", "partners", "emea", "apac", "amer", "lab", "ops"} {
		schedule := config.Schedule{Every: config.Recurrence{Word: config.EveryHour}, Timezone: "UTC", Jitter: time.Minute}
		first, err := temporal.TimesOf(name, schedule)
		if err != nil {
			t.Fatal(err)
		}
		again, err := temporal.TimesOf(name, schedule)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s at two starts:\n%s", name, diff)
		}
		if first.Jitter != time.Minute {
			t.Errorf("jitter %s; want the configuration's", first.Jitter)
		}
		minutes[first.Calendars[0].Minute[0].Start] = true
	}
	if len(minutes) < 6 {
		t.Errorf("eight connections start in %d different minutes; want at least six", len(minutes))
	}
}

func TestAScheduleThatDoesNotSayHowOftenIsRefused(t *testing.T) {
	t.Parallel()
	for _, every := range []config.Recurrence{{}, {Cron: "not cron"}} {
		if spec, err := temporal.TimesOf("staff", config.Schedule{Every: every}); err == nil {
			t.Errorf("%+v: %+v; want an error", every, spec)
		}
	}
}
