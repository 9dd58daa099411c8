package main

import (
	"math"
	"testing"
	"time"
)

func TestAHistogramIsRightToTwoPercent(t *testing.T) {
	t.Parallel()
	var one, other histogram
	for i := 1; i <= 100_000; i++ {
		h := &one
		if i%2 == 0 {
			h = &other
		}
		h.add(time.Duration(i) * time.Microsecond)
	}
	one.merge(&other)
	for q, want := range map[float64]float64{0.01: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := one.quantile(q); math.Abs(got-want) > want*0.02 {
			t.Errorf("the quantile %g is %g ms, want %g", q, got, want)
		}
	}
}

func TestEveryDurationFallsIntoABucketThatHoldsIt(t *testing.T) {
	t.Parallel()
	for _, microseconds := range []uint64{0, 1, 63, 64, 127, 128, 129, 255, 256, 1_000_000, 1 << 40} {
		at := bucketOf(microseconds)
		if upper := upperBound(at); upper < float64(microseconds) {
			t.Errorf("%d is in bucket %d, which ends at %g", microseconds, at, upper)
		}
		if at > 0 && upperBound(at-1) >= float64(microseconds) {
			t.Errorf("%d is in bucket %d and fits the one before", microseconds, at)
		}
	}
}

func TestAnEmptyHistogramHasNoQuantiles(t *testing.T) {
	t.Parallel()
	if got := (&histogram{}).quantile(0.99); got != 0 {
		t.Errorf("got %g", got)
	}
}
