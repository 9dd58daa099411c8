package config

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Config is a whole configuration file, checked and with its defaults filled
// in. rollcall.example.yaml at the root of the repository documents each
// setting.
type Config struct {
	Temporal Temporal `yaml:"temporal"`
	Database Database `yaml:"database"`
	Worker   Worker   `yaml:"worker"`
	// Scim is how pushes are served. It is nil when the file says nothing
	// about it and no connection accepts pushes.
	Scim        *Scim                 `yaml:"scim"`
	Log         Log                   `yaml:"log"`
	Connections map[string]Connection `yaml:"connections" rule:"required"`

	// File is the path that the configuration was read from.
	File string `yaml:"-"`
	// Warnings are findings that do not keep anything from starting.
	Warnings []Problem `yaml:"-"`
}

// ConnectionNames returns the names of all connections, sorted.
func (c *Config) ConnectionNames() []string { return slices.Sorted(maps.Keys(c.Connections)) }

// Temporal says where the Temporal server is and how to talk to it.
type Temporal struct {
	// Address is host:port of the frontend.
	Address   string `yaml:"address"`
	Namespace string `yaml:"namespace"`
	// APIKey is Temporal Cloud's; empty for a server that asks for none. With
	// a key the connection is always encrypted.
	APIKey Secret `yaml:"api_key"`
	// TLS is nil for a plain connection.
	TLS *TLS `yaml:"tls"`
	// HeartbeatTimeout is how soon the batch of a worker that died is taken
	// over by another.
	HeartbeatTimeout time.Duration `yaml:"heartbeat_timeout" range:"1s..10m"`
}

// TLS is how the connection to Temporal is encrypted. The zero value trusts
// the system's certificate authorities and presents no certificate.
type TLS struct {
	// CA, Cert and Key are paths of PEM files.
	CA   string `yaml:"ca"`
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// ServerName is the name that the server's certificate must carry, where
	// it is not the host of the address.
	ServerName string `yaml:"server_name"`
}

// Worker is about the worker process itself.
type Worker struct {
	// Listen is host:port of the metrics and health endpoint.
	Listen string `yaml:"listen"`
	// Concurrency is how many activities one process runs at a time for each
	// task queue.
	Concurrency int `yaml:"concurrency" range:"1..1000"`
	// StopTimeout is how long a stopping worker lets running activities end
	// before it cuts them off; another worker takes those over.
	StopTimeout time.Duration `yaml:"stop_timeout" range:"0s..10m"`
}

// Log is what is logged, and how.
type Log struct {
	Level slog.Level `yaml:"level"`
	// Format is "text" or "json".
	Format string `yaml:"format" oneof:"text,json"`
}

// Connection is one source, one or more targets, and the rules between them.
type Connection struct {
	Name    string            `yaml:"-"`
	Source  Source            `yaml:"source" rule:"required"`
	Targets map[string]Target `yaml:"targets" rule:"required"`
	Guard   Guard             `yaml:"guard"`
	// Scim is about the connection's own door for pushes; it holds the
	// defaults where the file says nothing, and means something only where
	// Pushed is true.
	Scim ConnectionScim `yaml:"scim"`
	// Schedule is nil for a connection that runs by hand only.
	Schedule *Schedule `yaml:"schedule"`
}

// TargetNames returns the names of all targets, sorted.
func (c Connection) TargetNames() []string { return slices.Sorted(maps.Keys(c.Targets)) }

// Pushed says whether the connection accepts pushes over SCIM, be it as its
// source or beside it.
func (c Connection) Pushed() bool { return c.Source.Kind == KindScim || c.Source.Also == KindScim }

// PushedNames returns the names of the connections that accept pushes, sorted.
func (c *Config) PushedNames() []string {
	return slices.DeleteFunc(c.ConnectionNames(), func(name string) bool { return !c.Connections[name].Pushed() })
}

// Guard limits how much a connection may take away before a person is asked.
// The limits hold for each target and kind of removal over a rolling window.
type Guard struct {
	// RemovalsShare is the share of the linked objects, 0 to 1.
	RemovalsShare Share `yaml:"removals_share" range:"0%..100%"`
	// RemovalsLimit is the count; the smaller of both limits holds.
	RemovalsLimit int `yaml:"removals_limit" range:"0..1000000"`
	// AlwaysAllowed removals in a window are never held, unless they are a
	// whole group or everybody.
	AlwaysAllowed int           `yaml:"always_allowed" range:"0..1000000"`
	Window        time.Duration `yaml:"window" range:"1m..30d"`
	// HeldExpires is how long a held plan waits for a decision.
	HeldExpires time.Duration `yaml:"held_expires" range:"1h..90d"`
}
