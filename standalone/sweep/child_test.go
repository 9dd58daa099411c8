package sweep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// workerProcess is a worker in a process of its own.
type workerProcess struct {
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
	mu      sync.Mutex // one order at a time
	ended   chan struct{}
}

// startWorker returns when the worker polls. Its log is appended to a file.
func startWorker(configuration, log string, environment []string) (_ *workerProcess, err error) {
	stderr, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stderr.Close()) }() // the process has its own
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &workerProcess{command: exec.Command(self), ended: make(chan struct{})}
	w.command.Env = append(append(os.Environ(), environment...), envWorker+"="+configuration)
	w.command.Stderr = stderr
	if w.orders, err = w.command.StdinPipe(); err != nil {
		return nil, err
	}
	// Not StdoutPipe: Wait would close it under a reader.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w.command.Stdout = write
	w.answers = bufio.NewReader(read)
	if err := w.command.Start(); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	if err := write.Close(); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.ended)
		// A killed process always ends with an error; what is wrong with it is in its log.
		_ = w.command.Wait()
	}()
	if line, err := w.answer(); err != nil || line != "ready" {
		w.kill()
		return nil, fmt.Errorf("the worker did not get ready (%q): %w", line, err)
	}
	return w, nil
}

func (w *workerProcess) answer() (string, error) {
	line, err := w.answers.ReadString('\n')
	return strings.TrimSpace(line), err
}

func (w *workerProcess) order(format string, args ...any) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintf(w.orders, format+"\n", args...); err != nil {
		return "", fmt.Errorf("order the worker: %w", err)
	}
	return w.answer()
}

// arm makes the worker kill itself at the n-th commit from now; 0 for never.
func (w *workerProcess) arm(phase string, n int) error {
	_, err := w.order("arm %s %d", phase, n)
	return err
}

// commits is how many there were since arm.
func (w *workerProcess) commits() (n int, err error) {
	text, err := w.order("count")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(text, &n)
	return n, err
}

// kill returns when the process is gone.
func (w *workerProcess) kill() {
	// An error means that it has ended already.
	_ = w.command.Process.Kill()
	<-w.ended
}
