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
	Scim *Scim `yaml:"scim"`
	Log  Log   `yaml:"log"`
	// Approvals says who may decide about what the guard holds.
	Approvals Approvals `yaml:"approvals"`
	// Notifications are who is told what happened, by name.
	Notifications map[string]Notification `yaml:"notifications"`
	// QuietAfter is how long a connection may go without a run that ended before
	// somebody is told; 0 is never.
	QuietAfter time.Duration `yaml:"quiet_after" range:"0s..365d"`
	// TokenWarning is how long before a token's end somebody is told.
	TokenWarning time.Duration         `yaml:"token_warning" range:"0s..365d"`
	Retention    Retention             `yaml:"retention"`
	Connections  map[string]Connection `yaml:"connections" rule:"required"`

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
	Name   string `yaml:"-"`
	Source Source `yaml:"source" rule:"required"`
	// Scope is who of the source's people is taken, and which groups.
	Scope Scope `yaml:"scope"`
	// Groups and Leavers are what a target does that says nothing of its own.
	Groups  Groups            `yaml:"groups"`
	Leavers Leavers           `yaml:"leavers"`
	Guard   Guard             `yaml:"guard"`
	Targets map[string]Target `yaml:"targets" rule:"required"`
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
