package main

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in buckets of which each is 1/64 wider than the
// last: what is read from it is right to 1.6 %.
type histogram struct {
	counts []int64
	total  int64
}

// fine is how many buckets a power of two is divided into, as a power of two.
const fine = 6

// add counts a duration, to the microsecond.
func (h *histogram) add(d time.Duration) {
	at := bucketOf(uint64(max(0, d.Microseconds())))
	for len(h.counts) <= at {
		h.counts = append(h.counts, 0)
	}
	h.counts[at]++
	h.total++
}

func bucketOf(microseconds uint64) int {
	shift := max(0, bits.Len64(microseconds)-fine-1)
	return shift<<fine + int(microseconds>>shift)
}

// upperBound is the largest number of microseconds in a bucket.
func upperBound(bucket int) float64 {
	shift := max(0, bucket>>fine-1)
	return float64(uint64(bucket-shift<<fine)<<shift) + math.Exp2(float64(shift)) - 1
}

// merge adds what another has counted.
func (h *histogram) merge(other *histogram) {
	for len(h.counts) < len(other.counts) {
		h.counts = append(h.counts, 0)
	}
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// quantile is the duration in milliseconds that the part q of all does not
// exceed; 0 when nothing was counted.
func (h *histogram) quantile(q float64) float64 {
	rank := int64(math.Ceil(q * float64(h.total)))
	for bucket, n := range h.counts {
		if rank -= n; rank <= 0 && n > 0 {
			return upperBound(bucket) / 1000
		}
	}
	return 0
}
