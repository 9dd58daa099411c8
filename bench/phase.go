package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// The phases, in the order in which they are run.
const (
	phaseInitial     = "initial"
	phaseIncremental = "unchanged-incremental"
	phaseFull        = "unchanged-full"
	phaseDrift       = "unchanged-drift"
	phaseOnePercent  = "one-percent"
)

func phaseNames() []string {
	return []string{phaseInitial, phaseIncremental, phaseFull, phaseDrift, phaseOnePercent}
}

// phase is what a run of a kind took.
type phase struct {
	Name string `json:"phase"`
	// Seconds is from the start of the workflow to its result: the median
	// where the phase was measured several times, as AllSeconds has them.
	Seconds    float64   `json:"seconds"`
	AllSeconds []float64 `json:"all_seconds"`
	// The calls are those of the run that took the median time.
	SourceCalls int            `json:"source_calls"`
	TargetCalls int            `json:"target_calls"`
	Calls       map[string]int `json:"calls"`
	// Changes were applied to the target.
	Changes          int64   `json:"changes"`
	ChangesPerSecond float64 `json:"changes_per_second"`
	// ChangedPeople are those whom something changed for.
	ChangedPeople          int     `json:"changed_people"`
	HistoryEvents          int     `json:"history_events"`
	HistoryEventsPerPerson float64 `json:"history_events_per_changed_person,omitempty"`
	// Frugality compares the calls to the target with the unavoidable ones, in
	// phases that change something.
	Frugality *frugality `json:"frugality,omitempty"`
	// PeakRSSMB is the worker's peak memory, in megabytes of 2^20 bytes.
	PeakRSSMB float64 `json:"peak_rss_mb"`
	// ProcessorSeconds is the processor time of each program.
	ProcessorSeconds map[string]float64 `json:"processor_seconds"`
	// PublishedSeconds is the least time that the published limits allow for
	// these calls, when that was asked for.
	PublishedSeconds *float64 `json:"published_limits_seconds,omitempty"`
	Outcome          string   `json:"outcome"`
	// Equal is whether the target equals the source, object by object, after
	// every run of the phase.
	Equal       bool     `json:"equal"`
	Differences []string `json:"differences,omitempty"`
	// Refused are the people of whose user names the target has no accounts.
	Refused int `json:"refused_people,omitempty"`
}

// run measures the phases.
func (r *rig) run() ([]phase, error) {
	var phases []phase
	for _, name := range r.settings.Phases {
		p, err := r.phase(name)
		if err != nil {
			return nil, fmt.Errorf("phase %s: %w", name, err)
		}
		phases = append(phases, p)
	}
	return phases, nil
}

func (r *rig) phase(name string) (phase, error) {
	input, repeat, changed, s := workflows.SyncInput{}, r.settings.Repeat, 0, r.settings
	var due work
	switch name {
	case phaseInitial:
		repeat, changed = 1, s.People
		due = work{Initial: true, Accounts: s.People, Groups: s.Groups, Joined: s.People * min(s.Memberships, s.Groups)}
	case phaseFull:
		input.Full = true
	case phaseDrift:
		input.Full, input.Drift = true, true
	case phaseOnePercent:
		repeat = 1
		made, err := r.admin.change(r.ctx, max(1, s.People/100))
		if err != nil {
			return phase{}, err
		}
		changed, due = persons(made), workOf(made, min(s.Memberships, s.Groups))
	}
	samples := make([]phase, repeat)
	for i := range samples {
		var err error
		if samples[i], err = r.sample(input); err != nil {
			return phase{}, err
		}
	}
	p := summary(samples)
	p.Name = name
	p.concern(changed)
	if changed > 0 {
		due.Refused = p.Refused
		p.Frugality = kindCosts(s.Target).judge(due, p.TargetCalls, changed)
	}
	if r.settings.PublishedLimits {
		seconds := publishedTime(p.Calls).Seconds()
		p.PublishedSeconds = &seconds
	}
	return p, nil
}

// sample makes one run and measures it.
func (r *rig) sample(input workflows.SyncInput) (phase, error) {
	before, err := r.admin.counts(r.ctx)
	if err != nil {
		return phase{}, err
	}
	if err := resetPeak(r.worker.cmd.Process.Pid); err != nil {
		return phase{}, fmt.Errorf("reset peak memory: %w", err)
	}
	used, err := r.processorTimes()
	if err != nil {
		return phase{}, err
	}
	input.Connection, input.Trigger = connection, "hand"
	started := time.Now()
	id := fmt.Sprintf("sync/%s/%d", connection, started.UnixNano())
	run, err := r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: temporal.WorkflowQueue}, workflows.SyncName, input)
	if err != nil {
		return phase{}, fmt.Errorf("start a run: %w", err)
	}
	first := run.GetRunID()
	var result workflows.SyncResult
	if err := run.Get(r.ctx, &result); err != nil {
		return phase{}, fmt.Errorf("wait for the run: %w", err)
	}
	p := phase{Seconds: time.Since(started).Seconds(), Changes: result.Applied, Outcome: result.Outcome}
	return p, r.complete(&p, id, first, before, used)
}

// complete adds what is to be known of a run after its end.
func (r *rig) complete(p *phase, workflowID, runID string, before map[string]int, used map[string]float64) error {
	var err error
	if p.PeakRSSMB, err = peakMemory(r.worker.cmd.Process.Pid); err != nil {
		return fmt.Errorf("read peak memory: %w", err)
	}
	if p.ProcessorSeconds, err = r.processorTimes(); err != nil {
		return err
	}
	for name, seconds := range used {
		p.ProcessorSeconds[name] -= seconds
	}
	after, err := r.admin.counts(r.ctx)
	if err != nil {
		return err
	}
	p.Calls = since(before, after)
	for endpoint, n := range p.Calls {
		if isSource(endpoint) {
			p.SourceCalls += n
		} else {
			p.TargetCalls += n
		}
	}
	if p.HistoryEvents, err = historyEvents(r.ctx, r.client, workflowID, runID); err != nil {
		return err
	}
	compared, err := r.admin.compare(r.ctx)
	if err != nil {
		return err
	}
	if compared.Compared.Users < r.settings.People {
		return errors.New("the comparison has seen too few people")
	}
	p.Equal = compared.Equal()
	for _, c := range compared.Conflicts {
		if c.Reason == "refused-user-name" {
			p.Refused++
		}
	}
	for _, d := range compared.Differences[:min(len(compared.Differences), 10)] {
		p.Differences = append(p.Differences, d.String())
	}
	return nil
}

func (r *rig) processorTimes() (map[string]float64, error) {
	times := map[string]float64{}
	for _, p := range []*program{r.temporal, r.sandbox, r.worker} {
		seconds, err := processorTime(p.cmd.Process.Pid)
		if err != nil {
			return nil, fmt.Errorf("read processor time of %s: %w", p.name, err)
		}
		times[p.name] = seconds
	}
	return times, nil
}

// summary is the sample with the median time (of an even number, the slower of
// the two in the middle), the largest peak, and equal only if all were.
func summary(samples []phase) phase {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b phase) int {
		switch {
		case a.Seconds < b.Seconds:
			return -1
		case a.Seconds > b.Seconds:
			return 1
		}
		return 0
	})
	p := sorted[len(sorted)/2]
	p.Calls = maps.Clone(p.Calls)
	for _, s := range samples {
		p.AllSeconds = append(p.AllSeconds, s.Seconds)
		p.PeakRSSMB = max(p.PeakRSSMB, s.PeakRSSMB)
		if !s.Equal && p.Equal {
			p.Equal, p.Differences = false, s.Differences
		}
	}
	return p
}

// concern adds what depends on how many people something changed for.
func (p *phase) concern(people int) {
	p.ChangedPeople = people
	if p.Seconds > 0 {
		p.ChangesPerSecond = float64(p.Changes) / p.Seconds
	}
	if people > 0 {
		p.HistoryEventsPerPerson = float64(p.HistoryEvents) / float64(people)
	}
}
