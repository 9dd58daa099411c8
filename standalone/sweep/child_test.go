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

// child is a program in a process of its own: this test binary, started again.
type child struct {
	// address is what it said that it listens on, if it does.
	address string
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
	mu      sync.Mutex // one order at a time
	ended   chan struct{}
}

// startChild returns when the program says that it is ready. The variable
// says which program it is and its value what it is told; its log is appended
// to a file.
func startChild(variable, value, log string, environment []string) (_ *child, err error) {
	stderr, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stderr.Close()) }() // the process has its own
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &child{command: exec.Command(self), ended: make(chan struct{})}
	w.command.Env = append(append(os.Environ(), environment...), variable+"="+value)
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
	line, err := w.answer()
	said, address, _ := strings.Cut(line, " ")
	if err != nil || said != "ready" {
		w.kill()
		return nil, fmt.Errorf("it did not get ready (%q): %w", line, err)
	}
	w.address = address
	return w, nil
}

func (w *child) answer() (string, error) {
	line, err := w.answers.ReadString('\n')
	return strings.TrimSpace(line), err
}

func (w *child) order(format string, args ...any) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintf(w.orders, format+"\n", args...); err != nil {
		return "", fmt.Errorf("order: %w", err)
	}
	return w.answer()
}

// arm makes the program kill itself at the n-th commit from now; 0 for never.
func (w *child) arm(phase string, n int) error {
	_, err := w.order("arm %s %d", phase, n)
	return err
}

// commits is how many there were since arm.
func (w *child) commits() (n int, err error) {
	text, err := w.order("count")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(text, &n)
	return n, err
}

// kill returns when the process is gone.
func (w *child) kill() {
	// An error means that it has ended already.
	_ = w.command.Process.Kill()
	<-w.ended
}
