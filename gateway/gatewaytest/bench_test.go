package gatewaytest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
)

// BenchmarkRead measures GET by id over loopback with eight connections: the
// client writes and reads bytes and no more, so that what is measured is the
// gateway.
func BenchmarkRead(b *testing.B) {
	g := gatewaytest.Start(b)
	caller := newCaller(b, g)
	var paths []string
	for i := range 1000 {
		made := caller.do("POST", "/Users", fmt.Sprintf(`{"userName":"u%d@example.com","name":{"givenName":"U","familyName":"%d"},"emails":[{"value":"u%d@example.com","primary":true}]}`, i, i, i))
		paths = append(paths, strings.TrimPrefix(made.header.Get("Location"), "http://"+g.Server.Address()))
	}
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		connection, err := net.Dial("tcp", g.Server.Address())
		if err != nil {
			b.Error(err)
			return
		}
		defer connection.Close()
		reader := bufio.NewReader(connection)
		for i := 0; pb.Next(); i++ {
			fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", paths[i*7%len(paths)], g.Server.Address(), g.Token)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				b.Error(err)
				return
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("userName")) {
				b.Errorf("status %d, %v", response.StatusCode, err)
				return
			}
		}
	})
}
