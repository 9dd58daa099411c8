package standin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func TestAListIsAsWrongAsTheFaultWantsIt(t *testing.T) {
	t.Parallel()
	all := []int{1, 2, 3, 4, 5, 6, 7}
	fresh := func(n int) bool { return n > 5 }
	for kind, want := range map[fault.Kind][]int{
		"":             {1, 2, 3, 4, 5, 6, 7},
		fault.Empty:    {},
		fault.Half:     {1, 3, 5, 7},
		fault.SkipPage: {1, 2, 5, 6, 7},
		fault.Stale:    {1, 2, 3, 4, 5},
	} {
		if diff := cmp.Diff(want, standin.Spoil(all, kind, 2, fresh)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", kind, diff)
		}
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7}, all); diff != "" {
		t.Errorf("the list itself was changed\n%s", diff)
	}
	if diff := cmp.Diff(all[:4], standin.Spoil(all[:4], fault.SkipPage, 2, fresh)); diff != "" {
		t.Errorf("two pages have no middle\n%s", diff)
	}
}

func TestWhatWasWrittenIsFreshForAWhile(t *testing.T) {
	t.Parallel()
	var f standin.Fresh
	now := time.Now()
	if f.Is("a", now) {
		t.Error("nothing was written")
	}
	f.Mark("a", now)
	for after, want := range map[time.Duration]bool{0: true, 2 * time.Second: true, 3 * time.Second: false} {
		if got := f.Is("a", now.Add(after)); got != want {
			t.Errorf("after %s: %t", after, got)
		}
	}
	if f.Is("b", now) {
		t.Error("something else is fresh")
	}
}
