package scim

// maxMemberLength is how long a member's value may be, in bytes: ids are far
// shorter, and an index of PostgreSQL cannot hold much more.
const maxMemberLength = 512

// compileMembers makes the steps about a group's members. They never touch the
// document, and nobody has to read the members for them, so removing who is not
// a member is no error (RFC 7644, section 3.5.2.2), with a filter or without.
func (r *patchReader) compileMembers(target patchTarget, value any) error {
	if target.sub != nil || target.filter != nil && r.verb != removeVerb {
		return refusal(MutabilityViolated, "the parts of a member cannot be changed: remove the member and add another")
	}
	if target.filter != nil {
		return r.removeMembersWhere(target)
	}
	if r.verb == removeVerb && value == nil || r.verb == replaceVerb && isUnassigned(value) {
		r.changeMembers(MemberChange{Clear: true})
		return nil
	}
	members, err := target.attribute.members(value)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := checkMember(m.Value); err != nil {
			return err
		}
	}
	switch {
	case r.verb == replaceVerb:
		r.changeMembers(MemberChange{Clear: true, Add: members})
	case len(members) == 0:
	case r.verb == addVerb:
		r.changeMembers(MemberChange{Add: members})
	default:
		r.changeMembers(MemberChange{Remove: members})
	}
	return nil
}

// removeMembersWhere removes by value where the filter names values, else by the
// filter.
func (r *patchReader) removeMembersWhere(target patchTarget) error {
	if members, ok := namedValues(target.filter, nil); ok {
		for _, m := range members {
			if err := checkMember(m.Value); err != nil {
				return err
			}
		}
		r.changeMembers(MemberChange{Remove: members})
		return nil
	}
	if r.memberFilters++; r.memberFilters > maxMemberFilters {
		return refusal(TooMany, "a PATCH can select members by a filter other than value eq at most %d times", maxMemberFilters)
	}
	r.changeMembers(MemberChange{RemoveWhere: target.filter})
	return nil
}

// namedValues are the values of value eq "x" or value eq "y"….
func namedValues(f Filter, members []Member) ([]Member, bool) {
	switch f := f.(type) {
	case *Or:
		members, ok := namedValues(f.Left, members)
		if !ok {
			return nil, false
		}
		return namedValues(f.Right, members)
	case *Compare:
		value, ok := f.Value.(string)
		if ok && f.Operator == Eq && f.Path.Name == "value" {
			return append(members, Member{Value: value}), true
		}
	}
	return nil, false
}

// changeMembers appends a step, or makes it part of the one before where that
// comes to the same: an operation a member is one step in the end. Clearing
// makes what was before it pointless.
func (r *patchReader) changeMembers(change MemberChange) {
	steps := r.patch.members
	if change.Clear {
		r.patch.members = []MemberChange{change}
		return
	}
	if len(steps) == 0 {
		r.patch.members = []MemberChange{change}
		return
	}
	last := &steps[len(steps)-1]
	adds, removes, filters := len(last.Add) > 0, len(last.Remove) > 0, last.RemoveWhere != nil
	switch {
	case len(change.Add) > 0 && !removes && !filters:
		last.Add = append(last.Add, change.Add...)
	case len(change.Add) == 0 && last.Clear && !adds:
		// Nobody is left to remove.
	case len(change.Remove) > 0 && removes:
		last.Remove = append(last.Remove, change.Remove...)
	case change.RemoveWhere != nil && filters:
		last.RemoveWhere = &Or{last.RemoveWhere, change.RemoveWhere}
	default:
		r.patch.members = append(steps, change)
	}
}

// checkMember checks a member's value.
func checkMember(value string) error {
	if value == "" {
		return refusal(InvalidValue, "a member needs a value: the id of a user or group")
	}
	if len(value) > maxMemberLength {
		return refusal(InvalidValue, "members.value is longer than %d bytes", maxMemberLength)
	}
	return nil
}

// distinctMembers leaves out who is named twice in a step.
func distinctMembers(steps []MemberChange) []MemberChange {
	for i := range steps {
		steps[i].Add = distinct(steps[i].Add)
		steps[i].Remove = distinct(steps[i].Remove)
	}
	return steps
}

// distinct keeps the first of each value, with the type of whichever says it.
func distinct(members []Member) []Member {
	if len(members) < 2 {
		return members
	}
	at := make(map[string]int, len(members))
	kept := members[:0]
	for _, m := range members {
		i, twice := at[m.Value]
		if !twice {
			at[m.Value] = len(kept)
			kept = append(kept, m)
			continue
		}
		if kept[i].Type == "" {
			kept[i].Type = m.Type
		}
	}
	return kept
}
