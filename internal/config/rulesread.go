package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// keepWord is the ladder without a step.
const keepWord = "keep"

// valueOf is the settable value behind a pointer.
func valueOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

func (l *Ladder) readNode(r *reader, at place) {
	value, ok := r.text(at, `steps such as "suspend now, remove groups after 7d"`)
	if !ok {
		return
	}
	ladder, err := ParseLadder(value)
	if err != nil {
		r.problem(at.path, "%v", err)
		return
	}
	*l = Ladder(ladder)
}

// ParseLadder reads the steps of a ladder: "suspend now, remove groups after
// 7d, deactivate after 30d, delete after 90d", or "keep" for none. They stand in
// the order in which they are due, and each does something that those before it
// did not.
func ParseLadder(text string) (directory.Ladder, error) {
	if strings.TrimSpace(text) == keepWord {
		return directory.Ladder{}, nil
	}
	var ladder directory.Ladder
	for part := range strings.SplitSeq(text, ",") {
		step, err := parseStep(strings.Join(strings.Fields(part), " "))
		if err != nil {
			return nil, err
		}
		for _, before := range ladder {
			switch {
			case before.Action == step.Action:
				return nil, fmt.Errorf("%s is there twice; expected each step once", stepName(step.Action))
			case before.After > step.After:
				return nil, fmt.Errorf("%s comes before %s is due; expected the steps in the order in which they are due", stepName(step.Action), stepName(before.Action))
			case before.Action == directory.DeleteAccount, before.Action == directory.DeactivateAccount && step.Action == directory.SuspendAccount:
				return nil, fmt.Errorf("%s after %s does nothing; expected it before, or not at all", stepName(step.Action), stepName(before.Action))
			}
		}
		ladder = append(ladder, step)
	}
	return ladder, nil
}

// stepNames are the words for the steps, in the order of their weight.
func stepNames() []string { return []string{"suspend", "remove groups", "deactivate", "delete"} }

func stepKinds() []directory.Kind {
	return []directory.Kind{directory.SuspendAccount, directory.RemoveMember, directory.DeactivateAccount, directory.DeleteAccount}
}

func stepName(kind directory.Kind) string { return stepNames()[slices.Index(stepKinds(), kind)] }

func parseStep(text string) (directory.Step, error) {
	for i, name := range stepNames() {
		when, ok := strings.CutPrefix(text, name)
		if !ok {
			continue
		}
		step := directory.Step{Action: stepKinds()[i]}
		if when == " now" {
			return step, nil
		}
		after, ok := strings.CutPrefix(when, " after ")
		if !ok {
			return step, fmt.Errorf("%s is not a step; expected %q or %q", quoted(text), name+" now", name+" after 7d")
		}
		wait, err := ParseDuration(after)
		if err != nil || wait > 10*365*day {
			return step, fmt.Errorf("%s is not a step; expected a duration up to 3650d after %q, such as 12h or 7d", quoted(text), name+" after")
		}
		step.After = wait.Round(time.Second)
		return step, nil
	}
	return directory.Step{}, fmt.Errorf("%s is not a step; expected %s, each with now or after and a duration, or %s alone", quoted(text), listed(stepNames()), keepWord)
}

func quoted(text string) string { return fmt.Sprintf("%q", abbreviated(text)) }

func (e *Expressions) readNode(r *reader, at place) {
	found, ok := r.entries(at, "a mapping of attributes and rules")
	if !ok {
		return
	}
	*e = make(Expressions, len(found))
	for _, one := range found {
		inner := place{one.value, join(at.path, one.name), at.tag}
		r.nodes[inner.path] = one.value
		if text, ok := r.text(inner, `a rule such as user.email, or '""' to clear it`); ok {
			if strings.TrimSpace(text) == "" {
				r.problem(inner.path, `is empty; expected a rule such as user.email, or '""' to clear the attribute`)
			}
			(*e)[one.name] = text
		}
	}
}
