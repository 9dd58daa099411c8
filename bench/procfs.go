package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

// A kernel that has no /proc, or one that does not let the peak be reset, is
// no reason to measure nothing: what cannot be told is left out.

// resetPeak makes the kernel count a process's peak memory from now on; proc(5),
// clear_refs. Where that is not possible the peak is the process's whole life's.
func resetPeak(pid int) error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// peakMemory is a process's peak resident memory in megabytes of 2^20 bytes,
// 0 where it cannot be told.
func peakMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return parsePeak(status)
}

// parsePeak reads the line "VmHWM:    1234 kB".
func parsePeak(status []byte) (float64, error) {
	for line := range bytes.Lines(status) {
		value, found := bytes.CutPrefix(line, []byte("VmHWM:"))
		if !found {
			continue
		}
		kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read peak memory: %w", err)
		}
		return float64(kilobytes) / 1024, nil
	}
	return 0, nil
}

// ticks is how many parts of a second the kernel counts processor time in for
// user space: 100 on every platform that Go runs on; proc(5), sysconf(3).
const ticks = 100

// processorTime is how many seconds of processor time a process has used, 0
// where it cannot be told.
func processorTime(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return parseProcessorTime(stat)
}

// parseProcessorTime reads fields 14 and 15 of /proc/pid/stat, user and system
// time. The name in field 2 may hold blanks and parentheses, so counting begins
// after the last one.
func parseProcessorTime(stat []byte) (float64, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, errors.New("read processor time: too few fields")
	}
	total := int64(0)
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read processor time: %w", err)
		}
		total += n
	}
	return float64(total) / ticks, nil
}
