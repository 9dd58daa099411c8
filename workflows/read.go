package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"
)

// readLists reads the source's users and groups side by side.
func (s *syncRun) readLists(ctx workflow.Context) error {
	s.stage(ctx, "reading the source")
	return together(ctx, 2, func(ctx workflow.Context, i int) error {
		if i == 0 {
			return s.readUsers(ctx)
		}
		return s.readGroups(ctx)
	})
}

func (s *syncRun) readUsers(ctx workflow.Context) error {
	for !s.UsersDone {
		var page ReadResult
		in := ReadInput{RunRef: s.Begun.RunRef, Full: s.Begun.Full, Since: s.Begun.Since, Cursor: s.UsersCursor, Part: s.UsersPart}
		err := workflow.ExecuteActivity(remote(ctx, s.Begun.SourceQueue, s.Begun.Heartbeat, "read users"), ActivityReadUsers, in).Get(ctx, &page)
		if err != nil {
			return err
		}
		if s.ReadFrom.IsZero() || page.AskedAt.Before(s.ReadFrom) {
			s.ReadFrom = page.AskedAt
		}
		s.Users += page.Count
		s.NewUsers += page.New
		s.UsersCursor, s.UsersDone = page.Cursor, page.Cursor == ""
		s.UsersPart++
		s.stage(ctx, "reading the source")
		if !s.UsersDone && enough(ctx) {
			return errContinue
		}
	}
	return nil
}

func (s *syncRun) readGroups(ctx workflow.Context) error {
	for !s.GroupsDone {
		var page ReadResult
		in := ReadInput{RunRef: s.Begun.RunRef, Full: s.Begun.Full, Since: s.Begun.Since, Cursor: s.GroupsCursor, Part: s.GroupsPart}
		err := workflow.ExecuteActivity(remote(ctx, s.Begun.SourceQueue, s.Begun.Heartbeat, "read groups"), ActivityReadGroups, in).Get(ctx, &page)
		if err != nil {
			return err
		}
		if s.ReadFrom.IsZero() || page.AskedAt.Before(s.ReadFrom) {
			s.ReadFrom = page.AskedAt
		}
		s.Groups += page.Count
		s.GroupsCursor, s.GroupsDone = page.Cursor, page.Cursor == ""
		s.GroupsPart++
		if !s.GroupsDone && enough(ctx) {
			return errContinue
		}
	}
	return nil
}

// readMembers reads the members of the groups that need it, once all users are known.
func (s *syncRun) readMembers(ctx workflow.Context) error {
	s.stage(ctx, "reading members")
	for {
		var part MembersResult
		in := MembersInput{RunRef: s.Begun.RunRef, Full: s.Begun.Full, NewUsers: s.NewUsers > 0, After: s.MembersAfter}
		err := workflow.ExecuteActivity(remote(ctx, s.Begun.SourceQueue, s.Begun.Heartbeat, "read members"), ActivityReadMembers, in).Get(ctx, &part)
		if err != nil {
			return err
		}
		s.Members += part.Count
		if part.After == 0 {
			return nil
		}
		s.MembersAfter = part.After
		s.stage(ctx, "reading members")
		if enough(ctx) {
			return errContinue
		}
	}
}

// pullPushed takes over what was pushed, where people are not read but pushed.
func (s *syncRun) pullPushed(ctx workflow.Context) error {
	s.stage(ctx, "taking over what was pushed")
	var pulled PullResult
	err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, "take over what was pushed"), ActivityPullPushed, ReadInput{RunRef: s.Begun.RunRef, Full: true}).Get(ctx, &pulled)
	s.Users, s.Groups = pulled.Users, pulled.Groups
	return err
}

func nothing(workflow.Context) error { return nil }

func (s *syncRun) finishRead(ctx workflow.Context) error {
	in := FinishReadInput{RunRef: s.Begun.RunRef, Full: s.Begun.Full, ReadFrom: s.ReadFrom, Users: s.Users, Groups: s.Groups, Members: s.Members}
	return workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, "compare lists"), ActivityFinishRead, in).Get(ctx, nil)
}

// readTargets reads what the targets hold, where that is due. A target that
// cannot be read is left out of the rest of the run; the others go on.
func (s *syncRun) readTargets(ctx workflow.Context) error {
	return together(ctx, len(s.Targets), func(ctx workflow.Context, i int) error {
		t := &s.Targets[i]
		if !t.Ref.ReadDue || t.Failure != "" {
			return nil
		}
		s.stage(ctx, "reading the targets")
		return t.give(s.readTarget(ctx, t))
	})
}

var targetLists = [...]string{"accounts", "groups", "members"}

func (s *syncRun) readTarget(ctx workflow.Context, t *targetState) error {
	for t.ReadList < len(targetLists) {
		var page ReadResult
		in := TargetReadInput{RunRef: s.Begun.RunRef, Target: t.Ref, List: targetLists[t.ReadList], Cursor: t.ReadCursor, Part: t.ReadPart}
		err := s.atTarget(remote(ctx, t.Ref.Queue, s.Begun.Heartbeat, "read "+in.List+" of "+t.Ref.Name), ActivityReadTarget, in, &page)
		if err != nil {
			return err
		}
		t.ReadCursor = page.Cursor
		t.ReadPart++
		if page.Cursor == "" {
			t.ReadList, t.ReadPart = t.ReadList+1, 0
		}
		if t.ReadList < len(targetLists) && enough(ctx) {
			return errContinue
		}
	}
	return nil
}

func (s *syncRun) decide(ctx workflow.Context) error {
	s.stage(ctx, "deciding")
	in := DecideInput{RunRef: s.Begun.RunRef, Targets: s.Begun.Targets}
	return workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, "decide"), ActivityDecide, in).Get(ctx, nil)
}

// together runs n coroutines and waits for all of them, so that none is left
// behind when the history ends. A real error goes before errContinue.
func together(ctx workflow.Context, n int, run func(ctx workflow.Context, i int) error) error {
	errs := make([]error, n)
	group := workflow.NewWaitGroup(ctx)
	for i := range n {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			errs[i] = run(ctx, i)
		})
	}
	group.Wait(ctx)
	var again error
	for _, err := range errs {
		switch {
		case errors.Is(err, errContinue):
			again = err
		case err != nil:
			return err
		}
	}
	return again
}
