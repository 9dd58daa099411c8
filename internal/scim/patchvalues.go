package scim

import "maps"

// applyToMany applies the step to an attribute with several values.
func (w *patchWriter) applyToMany(container map[string]any) error {
	attribute := w.step.target.attribute
	values := valueList(container[attribute.Name])
	before := len(values)
	if attribute.Mutability == Immutable {
		values, _ = cloneValue(values).([]any) // to be compared with afterwards
	}
	next, primaries, err := w.nextValues(values)
	if err != nil {
		return err
	}
	if len(next) > maxValues && len(next) > before {
		return refusal(InvalidValue, "%s would have more than %d values", w.step.target, maxValues)
	}
	if err := w.handOver(next, primaries); err != nil {
		return err
	}
	if len(next) == 0 {
		if before == 0 && w.step.verb != removeVerb && w.step.target.sub != nil {
			return nil
		}
		return w.set(container, attribute, nil)
	}
	return w.set(container, attribute, next)
}

// nextValues are the values after the step, and the indexes of those that the
// step made primary.
func (w *patchWriter) nextValues(values []any) (next []any, primaries []int, err error) {
	target := w.step.target
	if target.filter != nil || target.sub != nil {
		return w.selectedValues(values)
	}
	switch w.step.verb {
	case addVerb:
		return w.addValues(values)
	case replaceVerb:
		next, _ = cloneValue(w.step.value).([]any)
		for i, value := range next {
			if isPrimary(value) {
				primaries = append(primaries, i)
			}
		}
		return next, primaries, nil
	}
	if w.step.value == nil {
		return nil, nil, nil
	}
	next, err = w.withoutValues(values)
	return next, nil, err
}

// addValues appends the values that are not there.
func (w *patchWriter) addValues(values []any) (next []any, primaries []int, err error) {
	for _, value := range valueList(w.step.value) {
		if err := w.spend(len(values)); err != nil {
			return nil, nil, err
		}
		i := indexOfSame(values, value)
		if i < 0 {
			if len(values) > maxValues {
				return values, nil, nil // Refused by the caller.
			}
			i = len(values)
			values = append(values, cloneValue(value))
		} else if object, ok := values[i].(map[string]any); ok {
			added, _ := value.(map[string]any)
			if err := w.mergeObject(object, added); err != nil {
				return nil, nil, err
			}
		}
		if isPrimary(value) {
			primaries = append(primaries, i)
		}
	}
	return values, primaries, nil
}

// withoutValues leaves out the values that a remove lists: those that have all
// that a listed one has.
func (w *patchWriter) withoutValues(values []any) ([]any, error) {
	listed := valueList(w.step.value)
	kept := make([]any, 0, len(values))
	for _, value := range values {
		if err := w.spend(len(listed)); err != nil {
			return nil, err
		}
		if !hasListed(value, listed) {
			kept = append(kept, value)
		}
	}
	return kept, nil
}

func hasListed(value any, listed []any) bool {
	object, isObject := value.(map[string]any)
	for _, one := range listed {
		parts, ok := one.(map[string]any)
		if !isObject || !ok {
			if equalValues(value, one) {
				return true
			}
			continue
		}
		has := true
		for name, part := range parts {
			has = has && equalValues(object[name], part)
		}
		if has {
			return true
		}
	}
	return false
}

// selectedValues applies the step to the values that brackets select, or to all
// when the path has a sub-attribute without brackets.
func (w *patchWriter) selectedValues(values []any) (next []any, primaries []int, err error) {
	target := w.step.target
	if err := w.spend(len(values) * max(target.terms, 1)); err != nil {
		return nil, nil, err
	}
	matched := false
	next = make([]any, 0, len(values)+1)
	for _, value := range values {
		if target.filter != nil && !elementMatches(target.filter, value, target.attribute) {
			next = append(next, value)
			continue
		}
		matched = true
		changed, err := w.changeSelected(value)
		if err != nil {
			return nil, nil, err
		}
		if changed == nil {
			continue
		}
		if w.makesPrimary() {
			primaries = append(primaries, len(next))
		}
		next = append(next, changed)
	}
	if matched {
		return next, primaries, nil
	}
	made, err := w.valueToMake()
	if err != nil || made == nil {
		return values, nil, err
	}
	if isPrimary(made) {
		primaries = append(primaries, len(next))
	}
	return append(next, made), primaries, nil
}

// changeSelected makes of a selected value what the step wants; nil removes it.
func (w *patchWriter) changeSelected(value any) (any, error) {
	step := w.step
	if step.target.sub == nil && (step.verb == removeVerb || step.value == nil) {
		if step.verb == addVerb {
			return value, nil
		}
		return nil, nil
	}
	if step.target.attribute.Type != Complex {
		return cloneValue(step.value), nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if step.target.sub == nil && step.verb == replaceVerb {
		whole := map[string]any{}
		keepCompared(step.target.filter, object, whole)
		return whole, w.merge(whole)
	}
	if err := w.merge(object); err != nil {
		return nil, err
	}
	if step.target.sub != nil && step.value == nil && isEmptied(object) {
		return nil, nil
	}
	return object, nil
}

// keepCompared copies what a filter compares by eq, joined by "and", so that a
// value which is replaced by way of its type keeps it.
func keepCompared(f Filter, from, into map[string]any) {
	switch f := f.(type) {
	case *And:
		keepCompared(f.Left, from, into)
		keepCompared(f.Right, from, into)
	case *Compare:
		if value, ok := from[f.Path.Name]; ok && f.Operator == Eq && f.Path.Name != "primary" {
			into[f.Path.Name] = value
		}
	}
}

// valueToMake is the value that the step makes where brackets select nothing: nil
// when there is nothing to do. The error is noTarget.
func (w *patchWriter) valueToMake() (any, error) {
	target, step := w.step.target, w.step
	made := map[string]any{}
	if target.filter != nil {
		kind, ok := canonicalType(target.filter, target.attribute)
		if !ok {
			return nil, refusal(NoTarget, "%s selects no value", target)
		}
		made["type"] = kind
	}
	if step.verb == removeVerb || step.value == nil {
		return nil, nil
	}
	if err := w.merge(made); err != nil {
		return nil, err
	}
	return made, nil
}

// canonicalType is the value of a filter that is no more than type eq "work",
// where that is one of the type's canonical values.
func canonicalType(f Filter, of *Attribute) (string, bool) {
	compare, ok := f.(*Compare)
	if !ok || compare.Operator != Eq || compare.Path.Name != "type" {
		return "", false
	}
	definition, value := of.sub("type"), compare.Value
	if definition == nil {
		return "", false
	}
	for _, canonical := range definition.CanonicalValues {
		if compares(Eq, definition, canonical, value) {
			return canonical, true
		}
	}
	return "", false
}

// makesPrimary is whether the step sets primary to true.
func (w *patchWriter) makesPrimary() bool {
	if sub := w.step.target.sub; sub != nil {
		return sub.Name == "primary" && w.step.value == true
	}
	return isPrimary(w.step.value)
}

// handOver takes primary from the values that had it when the step gave it to
// another (RFC 7644, section 3.5.2).
func (w *patchWriter) handOver(values []any, primaries []int) error {
	if len(primaries) == 0 {
		return nil
	}
	for _, i := range primaries[1:] {
		if i != primaries[0] {
			return refusal(InvalidValue, "%s: only one value can be primary", w.step.target)
		}
	}
	for i, value := range values {
		if i != primaries[0] && isPrimary(value) {
			value.(map[string]any)["primary"] = false
		}
	}
	return nil
}

// isPrimary is whether a complex value is the primary one.
func isPrimary(value any) bool {
	object, ok := value.(map[string]any)
	return ok && object["primary"] == true
}

// isEmptied is whether a value says nothing any more.
func isEmptied(object map[string]any) bool {
	rest := maps.Clone(object)
	delete(rest, "type")
	delete(rest, "primary")
	return len(rest) == 0
}

// spend counts comparisons, so that the time for a request has an end.
func (w *patchWriter) spend(comparisons int) error {
	if w.comparisons -= comparisons; w.comparisons < 0 {
		return refusal(TooMany, "the PATCH selects among too many values too often: send several")
	}
	return nil
}
