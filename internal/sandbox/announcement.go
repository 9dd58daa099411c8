package sandbox

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Announcement is the line of JSON by which Run says where the sandbox is and
// how to use it.
type Announcement struct {
	Okta         string `json:"okta"`
	Atlassian    string `json:"atlassian"`
	OktaToken    string `json:"okta_token"`
	AtlassianKey string `json:"atlassian_key"`
	Organization string `json:"organization"`
	Directory    string `json:"directory"`
	AppID        string `json:"app_id"`
	// Targets are all targets, in the order in which they were asked for.
	Targets []AnnouncedTarget `json:"targets"`
}

// AnnouncedTarget says where a target is, and how a configuration names it.
type AnnouncedTarget struct {
	Kind string `json:"kind" yaml:"kind"`
	// API is its name in rules of faults and in the log of calls.
	API string `json:"api" yaml:"-"`
	URL string `json:"url" yaml:"url"`
	// Settings are what a configuration of the kind says besides kind and url,
	// credentials included.
	Settings map[string]any `json:"settings" yaml:",inline"`
}

// Announcement says where a started sandbox is and how to use it.
func (s *Server) Announcement() Announcement {
	where := Announcement{Okta: s.OktaURL(), OktaToken: s.opts.OktaToken, AppID: s.Okta.AppID()}
	if s.Atlassian != nil {
		where.Atlassian, where.AtlassianKey = s.AtlassianURL(), s.Atlassian.APIKey()
		where.Organization, where.Directory = s.Atlassian.OrgID(), s.Atlassian.DirectoryID()
	}
	for _, t := range s.targets {
		where.Targets = append(where.Targets, AnnouncedTarget{Kind: t.kind, API: t.api, URL: s.TargetURL(t.kind), Settings: t.settings})
	}
	return where
}

// Configuration is the target as a configuration has it, in YAML, each line
// indented by so many spaces.
func (t AnnouncedTarget) Configuration(indent int) (string, error) {
	settings := maps.Clone(t.Settings)
	for name, value := range settings {
		// What was read from JSON has no whole numbers.
		if number, ok := value.(float64); ok && number == math.Trunc(number) {
			settings[name] = int64(number)
		}
	}
	t.Settings = settings
	text, err := yaml.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("sandbox: write the settings of %s: %w", t.Kind, err)
	}
	pad := strings.Repeat(" ", indent)
	return pad + strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n"+pad) + "\n", nil
}
