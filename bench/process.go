package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// stopWithin is how long a program that was asked to stop may take. The worker
// gives running activities two seconds, Temporal stops in about one.
const stopWithin = 15 * time.Second

// program is a process that bench has started.
type program struct {
	name string
	cmd  *exec.Cmd
	// ended is closed when the process is gone; err is why.
	ended chan struct{}
	err   error
	tail  *logTail
	log   *os.File
	quit  context.CancelFunc
}

// startProgram starts a process whose log goes to name.log in dir. onLine, if
// any, sees each line of the log. stdout gets what the process prints.
func startProgram(ctx context.Context, dir, name string, env []string, stdout io.Writer, onLine func(line []byte), path string, args ...string) (*program, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	// The end of the measurement stops programs in order, so the context that
	// stops a process is its own.
	ctx, quit := context.WithCancel(context.WithoutCancel(ctx))
	p := &program{name: name, ended: make(chan struct{}), log: log, quit: quit, tail: &logTail{file: log, onLine: onLine}}
	p.cmd = exec.CommandContext(ctx, path, args...)
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = stdout, p.tail
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	p.cmd.WaitDelay = stopWithin
	if err := p.cmd.Start(); err != nil {
		quit()
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// stop asks the process to stop, waits until it is gone, and returns an error
// when it had to be killed.
func (p *program) stop() error {
	gone := false
	select {
	case <-p.ended:
		gone = true
	default:
	}
	p.quit()
	<-p.ended
	err := p.log.Close()
	if !gone && !p.cmd.ProcessState.Exited() {
		err = errors.Join(err, fmt.Errorf("%s did not stop within %s of being asked", p.name, stopWithin))
	}
	return err
}

// tailLines is how much of a log is shown after a failure.
const tailLines = 20

// logTail writes a log to its file and remembers its last lines.
type logTail struct {
	file   io.Writer
	onLine func(line []byte)

	mu      sync.Mutex
	partial []byte
	lines   []string
}

func (t *logTail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial = append(t.partial, p...)
	for {
		line, rest, found := bytes.Cut(t.partial, []byte("\n"))
		if !found {
			break
		}
		t.lines = append(t.lines, string(line))
		if len(t.lines) > tailLines {
			t.lines = t.lines[1:]
		}
		if t.onLine != nil {
			t.onLine(line)
		}
		t.partial = rest
	}
	return t.file.Write(p)
}

func (t *logTail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}

// firstLine passes on the first line that is written to it and drops the rest.
type firstLine struct {
	got     chan []byte
	partial []byte
	done    bool
}

func newFirstLine() *firstLine { return &firstLine{got: make(chan []byte, 1)} }

func (f *firstLine) Write(p []byte) (int, error) {
	if f.done {
		return len(p), nil
	}
	f.partial = append(f.partial, p...)
	if line, _, found := bytes.Cut(f.partial, []byte("\n")); found {
		f.got <- line
		f.done, f.partial = true, nil
	}
	return len(p), nil
}
