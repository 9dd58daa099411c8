package main

import "testing"

func TestPeakMemoryIsReadFromTheKernelsStatus(t *testing.T) {
	t.Parallel()
	got, err := parsePeak([]byte("Name:\tworker\nVmPeak:\t 2562432 kB\nVmHWM:\t  131072 kB\nVmRSS:\t   90000 kB\n"))
	if err != nil || got != 128 {
		t.Errorf("got %v MB, %v; want 128", got, err)
	}
	if got, err := parsePeak([]byte("Name:\tzombie\n")); err != nil || got != 0 {
		t.Errorf("a process without memory: %v, %v; want 0", got, err)
	}
	if _, err := parsePeak([]byte("VmHWM:\tmuch kB\n")); err == nil {
		t.Error("a number that is none was taken")
	}
}

func TestProcessorTimeIsReadBehindANameWithBlanks(t *testing.T) {
	t.Parallel()
	got, err := parseProcessorTime([]byte("42 (a (strange) name) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 8 0 1000 1 1"))
	if err != nil || got != 2 {
		t.Errorf("got %v s, %v; want 2", got, err)
	}
	for _, broken := range []string{"", "42 (worker) S 1", "42 worker S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0"} {
		if _, err := parseProcessorTime([]byte(broken)); err == nil {
			t.Errorf("%q was taken", broken)
		}
	}
}
