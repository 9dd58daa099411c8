package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// decidesAs is raised when the same rules come to decide something else, so
// that everybody is decided anew.
const decidesAs = 2

// digestOf identifies what rules decide. Where they stand in a file is no part
// of it, but of what names them in a report, and so is left in.
func digestOf(spec Spec) string {
	type target struct {
		TargetSpec
		UserName bool
	}
	all := struct {
		As      int
		Spec    Spec
		Targets map[string]target
	}{As: decidesAs, Spec: spec, Targets: make(map[string]target, len(spec.Targets))}
	all.Spec.Targets = nil
	for name, t := range spec.Targets {
		all.Targets[name] = target{TargetSpec: t, UserName: slices.Contains(t.Can.Attributes, attributeUserName)}
	}
	// Strings, numbers, lists and maps of them always encode, with sorted keys.
	text, _ := json.Marshal(all)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
