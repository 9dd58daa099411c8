package standintest

import "time"

// Fastest returns the shortest time that a call took, of so many:
// what else a machine does makes calls longer and never shorter.
func Fastest(times int, call func()) time.Duration {
	var took time.Duration
	for i := range times {
		began := time.Now()
		call()
		if one := time.Since(began); i == 0 || one < took {
			took = one
		}
	}
	return took
}
