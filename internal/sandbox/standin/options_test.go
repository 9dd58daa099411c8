package standin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func TestOnlyWhatIsLeftOutHasADefault(t *testing.T) {
	t.Parallel()
	left, given, number := "", "given", 0
	standin.Default(&left, "default")
	standin.Default(&given, "default")
	standin.Default(&number, 20)
	if left != "default" || given != "given" || number != 20 {
		t.Errorf("got %q, %q and %d", left, given, number)
	}
}

func TestAStandInWithoutAnEngineOrAClockIsQuietAndGoesByTheRealOne(t *testing.T) {
	t.Parallel()
	var engine *fault.Engine
	var now func() time.Time
	before := time.Now()
	standin.Quiet(&engine, &now, 1)
	if engine == nil || now == nil || now().Before(before) {
		t.Fatal("there is no engine, or no clock")
	}
	mine, noon := fault.New(2), func() time.Time { return time.Unix(43200, 0) }
	engine, now = mine, noon
	standin.Quiet(&engine, &now, 1)
	if engine != mine || !now().Equal(time.Unix(43200, 0)) {
		t.Error("what was given was replaced")
	}
}

func TestAVersionIsItsNumbersUpToWhatIsNone(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]int{"10.3.24": {10, 3, 24}, "10.3.24-rc1": {10, 3}, "8": {8}, "": nil, "x.1": nil} {
		if got := standin.VersionNumbers(version); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", version, got, want)
		}
	}
}
