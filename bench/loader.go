package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// httpConn is one kept-alive HTTP/1.1 connection. The load shares two cores
// with the program that is measured, so it does no more than a client must.
type httpConn struct {
	conn   net.Conn
	reader *bufio.Reader
	body   []byte
}

func dialHTTP(ctx context.Context, address string) (*httpConn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &httpConn{conn: conn, reader: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// answerWithin is the most that a gateway may take for one answer.
const answerWithin = time.Minute

// do sends a request and returns status and body of the answer. The body is
// good until the next call.
func (c *httpConn) do(request []byte) (status int, body []byte, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("not a status: %q", line)
	}
	length, chunked, err := c.headers()
	if err != nil {
		return 0, nil, err
	}
	c.body = c.body[:0]
	if chunked {
		return status, c.body, c.chunks()
	}
	return status, c.body, c.take(length)
}

// headers reads up to the blank line.
func (c *httpConn) headers() (length int, chunked bool, err error) {
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, chunked, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, fmt.Errorf("not a length: %q", value)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")):
			return 0, false, errors.New("the connection is not kept alive")
		}
	}
}

// take appends n bytes to the body.
func (c *httpConn) take(n int) error {
	from := len(c.body)
	c.body = slices.Grow(c.body, n)[:from+n]
	_, err := io.ReadFull(c.reader, c.body[from:])
	return err
}

func (c *httpConn) chunks() error {
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return fmt.Errorf("not a chunk: %q", line)
		}
		if err := c.take(int(n)); err != nil {
			return err
		}
		if _, err := c.reader.Discard(len("\r\n")); err != nil || n == 0 {
			return err
		}
	}
}

// load is what is asked again and again.
type load struct {
	// next appends the next request to a buffer and returns it with what the
	// answer must hold, empty for anything.
	next func(rng *rand.Rand, buffer []byte) (request []byte, holds string)
	// want is the status of every answer.
	want int
}

// sample is what was measured in a time.
type sample struct {
	latencies histogram
	took      time.Duration
}

// run makes requests over so many connections, each after the answer to the
// last, for a time, and at least one over each: a machine that is too busy to
// dial in that time would otherwise have measured, and found, nothing.
func (l load) run(ctx context.Context, address string, connections int, duration time.Duration, seed int64) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	each := make([]histogram, connections)
	began := time.Now()
	var group sync.WaitGroup
	for i := range connections {
		group.Go(func() {
			if err := l.one(ctx, address, began.Add(duration), rand.New(rand.NewSource(seed+int64(i))), &each[i]); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	s := sample{took: time.Since(began)}
	for i := range each {
		s.latencies.merge(&each[i])
	}
	return s, context.Cause(ctx)
}

func (l load) one(ctx context.Context, address string, until time.Time, rng *rand.Rand, latencies *histogram) (err error) {
	conn, err := dialHTTP(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.conn.Close()) }()
	buffer := make([]byte, 0, 4<<10)
	for asked := 0; ctx.Err() == nil; asked++ {
		if asked > 0 && time.Now().After(until) {
			return nil
		}
		request, holds := l.next(rng, buffer[:0])
		buffer = request
		began := time.Now()
		status, body, err := conn.do(request)
		if err != nil {
			return err
		}
		latencies.add(time.Since(began))
		if err := l.check(status, body, holds); err != nil {
			return err
		}
	}
	return nil
}

func (l load) check(status int, body []byte, holds string) error {
	if status != l.want || !bytes.Contains(body, []byte(holds)) {
		return fmt.Errorf("HTTP %d instead of %d with %q: %.2000s", status, l.want, holds, body)
	}
	return nil
}
