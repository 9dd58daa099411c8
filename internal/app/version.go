package app

import "runtime/debug"

// Version is the version of this build, as Go recorded it: a tag, or the
// commit it was built from, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel+" + s.Value[:12]
		}
	}
	return "devel"
}

// userAgent is how Rollcall names itself to the vendors.
func userAgent() string { return "rollcall/" + Version() }
