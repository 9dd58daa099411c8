package config

import "time"

// The words that Schedule.Every knows besides a duration and cron.
const (
	EveryHour  = "hourly"
	EveryDay   = "daily"
	TwiceDaily = "twice-daily"
	EveryWeek  = "weekly"
)

// Schedule says when a connection runs by itself.
type Schedule struct {
	Every Recurrence `yaml:"every" rule:"required"`
	// At is the local time of day, for daily, twice-daily (the first of the
	// two) and weekly; nil spreads connections by their names.
	At *Clock `yaml:"at"`
	// Weekday is for weekly.
	Weekday time.Weekday `yaml:"weekday"`
	// Timezone is an IANA name, such as "Europe/Paris".
	Timezone string `yaml:"timezone"`
	// Jitter delays each run by a random time up to this.
	Jitter time.Duration `yaml:"jitter" range:"0s..1h"`
	// Paused creates the schedule paused.
	Paused bool `yaml:"paused"`
}

// Recurrence is how often; exactly one field is set.
type Recurrence struct {
	// Word is one of EveryHour, EveryDay, TwiceDaily, EveryWeek.
	Word string
	// Interval is a plain duration, at least a minute.
	Interval time.Duration
	// Cron is a five-field expression, evaluated in the time zone.
	Cron string
}

// Clock is a time of day.
type Clock struct{ Hour, Minute int }
