package standin

import (
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// Default gives a setting that was left out, which is its zero value, another.
func Default[T comparable](setting *T, fallback T) {
	var none T
	if *setting == none {
		*setting = fallback
	}
}

// Quiet gives a stand-in whose options name no engine one that does nothing of
// its own accord, and one without a clock time.Now. The seed decides what rules
// that are added later hit by chance.
func Quiet(engine **fault.Engine, now *func() time.Time, seed int64) {
	if *engine == nil {
		*engine = fault.New(seed)
	}
	if *now == nil {
		*now = time.Now
	}
}

// VersionNumbers are the numbers of a version such as "10.3.24-rc1", as far as
// they are numbers.
func VersionNumbers(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		number, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		numbers = append(numbers, number)
	}
	return numbers
}
