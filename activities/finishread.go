package activities

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// FinishRead compares complete lists with what was known, and moves the watermark.
func (a *Activities) FinishRead(ctx context.Context, in workflows.FinishReadInput) (workflows.FinishReadResult, error) {
	result, err := a.finishRead(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) finishRead(ctx context.Context, in workflows.FinishReadInput) (workflows.FinishReadResult, error) {
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	defer stop()
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	progress := store.Progress{Stage: "plan", UsersRead: in.Users, GroupsRead: in.Groups, MembersRead: in.Members}
	if !in.Full {
		if err := a.noteClock(ctx, claim, in); err != nil {
			return workflows.FinishReadResult{}, err
		}
		return workflows.FinishReadResult{}, a.readDone(ctx, claim, in, progress, false)
	}
	short, err := a.sourceShort(ctx, c, claim, in)
	if err != nil {
		return workflows.FinishReadResult{}, err
	}
	if short {
		// Nothing is missing from a list that is not believed.
		return workflows.FinishReadResult{}, a.readDone(ctx, claim, in, progress, true)
	}
	result, err := a.markAbsent(ctx, claim)
	if err != nil {
		return result, err
	}
	progress.Complete = true
	return result, a.readDone(ctx, claim, in, progress, result.AbsentUsers+result.AbsentGroups > 0)
}

// readDone records what was read. After what is doubtful, the next run reads
// everything again.
func (a *Activities) readDone(ctx context.Context, claim store.Claim, in workflows.FinishReadInput, progress store.Progress, doubtful bool) error {
	if err := a.Store.SaveProgress(ctx, claim, progress); err != nil {
		return err
	}
	return a.Store.ReadDone(ctx, claim, progress.Complete, in.ReadFrom, a.Now(), doubtful)
}

// markAbsent marks what complete lists lacked, and says how much.
func (a *Activities) markAbsent(ctx context.Context, claim store.Claim) (workflows.FinishReadResult, error) {
	var result workflows.FinishReadResult
	var err error
	if result.AbsentUsers, err = a.Store.MarkAbsentUsers(ctx, claim); err != nil {
		return result, err
	}
	if result.AbsentGroups, err = a.Store.MarkAbsentGroups(ctx, claim); err != nil {
		return result, err
	}
	for _, n := range []struct {
		code, text string
		count      int
	}{
		{"users-missing", "The source's list of users, read to its last page, lacked %d that it had before. Each is looked up before anything is taken away.", result.AbsentUsers},
		{"groups-missing", "The source's list of groups, read to its last page, lacked %d that it had before. Nothing is taken away on that alone.", result.AbsentGroups},
	} {
		if n.count == 0 {
			continue
		}
		if err := a.Store.Note(ctx, claim, store.Note{Code: n.code, Text: fmt.Sprintf(n.text, n.count)}); err != nil {
			return result, err
		}
	}
	return result, nil
}
