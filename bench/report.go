package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what bench prints.
type report struct {
	Settings settings `json:"settings"`
	Phases   []phase  `json:"phases"`
}

func (r report) write(w io.Writer, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	return r.table(w)
}

// verdict is an error when the target did not equal the source after a phase,
// or a phase made more calls than it may.
func (r report) verdict() error {
	var unequal []string
	for _, p := range r.Phases {
		if !p.Equal {
			unequal = append(unequal, p.Name)
		}
	}
	if len(unequal) > 0 {
		return fmt.Errorf("the target does not equal the source after %s", strings.Join(unequal, ", "))
	}
	for _, p := range r.Phases {
		if p.Frugality != nil && p.Frugality.Ratio > allowed {
			return fmt.Errorf("%s makes %.2f times the calls that are unavoidable, more than %.1f", p.Name, p.Frugality.Ratio, allowed)
		}
	}
	return nil
}

func (r report) table(w io.Writer) error {
	s := r.Settings
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d people, %d groups, %d memberships each, %s a call, %s\n\n", s.Target, s.People, s.Groups, s.Memberships, time.Duration(s.Latency), s.Database)
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	header := "phase\tseconds\tsource calls\ttarget calls\tchanges\ta second\tevents\ta person\tpeak MB\tprocessor s\tequal\t"
	if s.PublishedLimits {
		header += "limits allow s\t"
	}
	fmt.Fprintln(columns, header)
	for _, p := range r.Phases {
		perPerson := "-"
		if p.HistoryEventsPerPerson > 0 {
			perPerson = fmt.Sprintf("%.3f", p.HistoryEventsPerPerson)
		}
		fmt.Fprintf(columns, "%s\t%.2f\t%d\t%d\t%d\t%.0f\t%d\t%s\t%.0f\t%s\t%t\t", p.Name, p.Seconds, p.SourceCalls, p.TargetCalls,
			p.Changes, p.ChangesPerSecond, p.HistoryEvents, perPerson, p.PeakRSSMB, inOrder(p.ProcessorSeconds), p.Equal)
		if p.PublishedSeconds != nil {
			fmt.Fprintf(columns, "%.0f\t", *p.PublishedSeconds)
		}
		fmt.Fprintln(columns)
	}
	// What a strings.Builder takes never fails.
	_ = columns.Flush()
	for _, p := range r.Phases {
		fmt.Fprintf(&b, "\n%s\n", p.Name)
		if p.Frugality != nil {
			fmt.Fprintf(&b, "    %s\n", p.Frugality)
		}
		for _, endpoint := range slices.Sorted(maps.Keys(p.Calls)) {
			fmt.Fprintf(&b, "%7d  %s\n", p.Calls[endpoint], endpoint)
		}
		for _, d := range p.Differences {
			fmt.Fprintf(&b, "    not equal: %s\n", d)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inOrder prints processor times, each program's by its first letter.
func inOrder(seconds map[string]float64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(seconds)) {
		parts = append(parts, fmt.Sprintf("%s %.1f", name[:1], seconds[name]))
	}
	return strings.Join(parts, " ")
}
