package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// scimReport is what bench scim prints.
type scimReport struct {
	settings   scimSettings
	Operations []operationReport `json:"operations"`
}

// operationReport is what an operation of a gateway took.
type operationReport struct {
	Operation string `json:"operation"`
	// PerSecond is how many were answered, or applied, in a second.
	PerSecond float64 `json:"per_second"`
	// P50 and P99 are in milliseconds.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// reportOf is what a sample says.
func reportOf(operation string, s sample) operationReport {
	r := operationReport{Operation: operation, P50: s.latencies.quantile(0.50), P99: s.latencies.quantile(0.99)}
	if s.took > 0 {
		r.PerSecond = float64(s.latencies.total) / s.took.Seconds()
	}
	return r
}

// middle is the report with the median rate; of an even number, the slower of
// the two in the middle.
func middle(reports []operationReport) operationReport {
	sorted := slices.SortedFunc(slices.Values(reports), func(a, b operationReport) int {
		switch {
		case a.PerSecond < b.PerSecond:
			return -1
		case a.PerSecond > b.PerSecond:
			return 1
		}
		return 0
	})
	return sorted[(len(sorted)-1)/2]
}

func (r scimReport) write(w io.Writer) error {
	if r.settings.json {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d users, %d connections, %s\n\n", r.settings.users, r.settings.connections, r.settings.database())
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(columns, "operation\ta second\tp50 ms\tp99 ms\tof a bare select\t")
	bare := 0.0
	for _, o := range r.Operations {
		share := ""
		switch {
		case o.Operation == operationBare:
			bare = o.PerSecond
		case bare > 0 && (o.Operation == operationGet || o.Operation == operationFilter):
			share = fmt.Sprintf("%.0f %%", 100*o.PerSecond/bare)
		}
		fmt.Fprintf(columns, "%s\t%.0f\t%.2f\t%.2f\t%s\t\n", o.Operation, o.PerSecond, o.P50, o.P99, share)
	}
	// What a strings.Builder takes never fails.
	_ = columns.Flush()
	_, err := io.WriteString(w, b.String())
	return err
}
