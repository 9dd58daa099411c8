package config

import "log/slog"

// shown stands wherever a secret would be printed.
const shown = "[secret]"

// Secret is a value that no log, error, JSON or %v ever shows.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value, for the one place that sends it.
func (s Secret) Reveal() string { return s.value }

// IsZero says whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// String returns "[secret]".
func (s Secret) String() string { return shown }

// GoString returns "[secret]", for %#v.
func (s Secret) GoString() string { return shown }

// MarshalJSON writes "[secret]".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

// MarshalText writes "[secret]", for encoders other than JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }

// MarshalYAML writes "[secret]".
func (s Secret) MarshalYAML() (any, error) { return shown, nil }

// LogValue logs "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(shown) }
