package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// validation is what `validate --json` prints.
type validation struct {
	File        string    `json:"file"`
	Valid       bool      `json:"valid"`
	Connections []string  `json:"connections"`
	Problems    []finding `json:"problems"`
	Warnings    []finding `json:"warnings"`
	// Scim is the SCIM base URL of each connection that accepts pushes.
	Scim map[string]string `json:"scim,omitempty"`
}

type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

func findings(problems []config.Problem) []finding {
	all := make([]finding, len(problems))
	for i, f := range problems {
		all[i] = finding(f)
	}
	return all
}

func (p *program) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "validate", Short: "Check the configuration and list everything that is wrong with it", Args: noArguments,
		Long: "Check the configuration and list everything that is wrong with it, by file, line and column.\n\nNothing is asked of any server or of the database: whether a credential is good, and a target still the place in which its accounts are linked, \"rollcall check\" says.",
		RunE: func(*cobra.Command, []string) error { return p.validate() },
	}
}

func (p *program) validate() error {
	c, err := p.load()
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	v := validation{File: p.config, Valid: err == nil, Connections: []string{}, Problems: findings(problems), Warnings: []finding{}}
	if c != nil {
		v.Connections, v.Warnings, v.Scim = c.ConnectionNames(), findings(c.Warnings), baseURLs(c)
	}
	if p.json {
		err = p.printJSON(v)
	} else {
		p.printValidation(c, problems)
		err = nil
	}
	if err == nil && !v.Valid {
		err = usage("%s in %s", plural(int64(len(problems)), "problem"), p.config)
	}
	return err
}

func (p *program) printValidation(c *config.Config, problems config.Problems) {
	for _, problem := range problems {
		p.printf("%s\n", plain(problem.String()))
	}
	if c == nil {
		return
	}
	for _, warning := range c.Warnings {
		p.printf("warning: %s\n", plain(warning.String()))
	}
	p.printf("%s is valid.\n", c.File)
	for _, name := range c.ConnectionNames() {
		connection := c.Connections[name]
		runs := "by hand only"
		if connection.Schedule != nil {
			runs = recurrence(*connection.Schedule)
		}
		source := connection.Source.Kind
		if connection.Source.Also != "" {
			source += " and " + connection.Source.Also
		}
		p.printf("  %s: %s to %s, runs %s\n", name, source, strings.Join(connection.TargetNames(), ", "), runs)
	}
	if pushed := c.PushedNames(); len(pushed) > 0 {
		p.printf("SCIM is served on %s:\n", c.Scim.Listen)
		for _, name := range pushed {
			p.printf("  %s: %s\n", name, c.Scim.Base(name))
		}
	}
}

// baseURLs returns the SCIM base URL of each connection that accepts pushes.
func baseURLs(c *config.Config) map[string]string {
	all := map[string]string{}
	for _, name := range c.PushedNames() {
		all[name] = c.Scim.Base(name)
	}
	return all
}

// recurrence says when a schedule starts runs.
func recurrence(s config.Schedule) string {
	var words string
	switch {
	case s.Every.Cron != "":
		words = "at cron " + s.Every.Cron
	case s.Every.Interval > 0:
		words = "every " + s.Every.Interval.String()
	default:
		words = s.Every.Word
	}
	if s.Every.Word == config.EveryWeek {
		words += " on " + s.Weekday.String()
	}
	if s.At != nil {
		words += " at " + s.At.String()
	}
	words += " (" + s.Timezone + ")"
	if s.Paused {
		words += ", paused"
	}
	return words
}
