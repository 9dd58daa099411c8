// Package config turns Rollcall's YAML file and the environment into a
// validated Config, once, at the edge of a program. It is strict: whatever is
// unknown, missing, malformed or can never take effect is reported with file,
// line, column and path, all of it at once. It knows nothing of sources,
// targets or the store; its structs are plain.
package config
