package activities

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// afterHandOver has what an account leads handed over, and then takes the
// account's access away. That the product does not let go of a lead keeps
// nobody in: the removal is tried all the same, and its change says so. Only
// when the product cannot be asked now is the change put off.
func (b *batch) afterHandOver(ctx context.Context, d store.DueChange, remove func() attempt) attempt {
	keeper, keeps := b.target.Target.(directory.LeadKeeper)
	if !keeps {
		return remove()
	}
	handed, err := keeper.HandOver(ctx, d.AccountID)
	note := handOverNote(handed, err)
	if err != nil && putsOff(ctx, err) {
		t := failed(err)
		t.Note = joinNotes(d.Note, handOverNote(handed, nil))
		return t
	}
	t := remove()
	t.Note = joinNotes(d.Note, note)
	return t
}

// putsOff reports whether an error says that the target cannot be asked now,
// and nothing about the lead.
func putsOff(ctx context.Context, err error) bool {
	switch directory.ClassOf(err) {
	case directory.ClassRateLimited, directory.ClassUnavailable, directory.ClassCanceled:
		return true
	}
	return ctx.Err() != nil || errors.Is(err, errStopped) || errors.Is(err, errSkipped)
}

// handOverNote says what was handed over, and that something was not. It names
// the target's own keys only.
func handOverNote(handed []string, err error) string {
	var parts []string
	if len(handed) > 0 {
		parts = append(parts, "handed over: "+strings.Join(handed, ", "))
	}
	if err != nil {
		parts = append(parts, "not handed over: "+string(directory.ClassOf(err)))
	}
	return strings.Join(parts, "; ")
}

// joinNotes adds what this attempt did to what earlier ones did.
func joinNotes(earlier, now string) string {
	notes := strings.Split(earlier, "; ")
	for _, part := range strings.Split(now, "; ") {
		if !slices.Contains(notes, part) {
			notes = append(notes, part)
		}
	}
	return strings.Join(slices.DeleteFunc(notes, func(part string) bool { return part == "" }), "; ")
}
