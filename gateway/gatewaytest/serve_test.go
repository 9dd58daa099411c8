package gatewaytest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func prefixes(t testing.TB, all ...string) []netip.Prefix {
	t.Helper()
	var list []netip.Prefix
	for _, one := range all {
		p, err := netip.ParsePrefix(one)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestWhatWasAcceptedIsFinishedWhenTheGatewayStops(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	c := newCaller(t, g)
	arrived, release := make(chan struct{}), make(chan struct{})
	b.onWrite(func(context.Context) error { close(arrived); <-release; return nil })
	answered := make(chan reply, 1)
	go func() {
		r, err := c.try("POST", "/Users", `{"userName":"ada"}`)
		if err != nil {
			t.Error(err)
		}
		answered <- r
	}()
	<-arrived
	closed := make(chan error, 1)
	go func() { closed <- g.Server.Close(context.Background()) }()
	// New connections are refused while the one that was accepted goes on.
	for {
		connection, err := net.Dial("tcp", g.Server.Address())
		if err != nil {
			break
		}
		connection.Close()
	}
	close(release)
	if r := <-answered; r.status != http.StatusCreated {
		t.Errorf("status %d", r.status)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestAGatewayThatIsToStopAtOnceSaysWhatItCutOff(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	c := newCaller(t, g)
	arrived, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	b.onWrite(func(context.Context) error { close(arrived); <-release; return nil })
	cut := make(chan error, 1)
	go func() { _, err := c.try("POST", "/Users", `{"userName":"ada"}`); cut <- err }()
	<-arrived
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	server := g.Server
	if err := server.Close(ctx); err == nil {
		t.Error("it says that all was finished")
	}
	if err := <-cut; err == nil {
		t.Error("the client was answered")
	}
	g.ClosedAlready()
}

// pair writes a certificate for 127.0.0.1 with a serial number.
func pair(t *testing.T, folder string, serial int64) config.ServerTLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := config.ServerTLS{Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem")}
	for name, block := range map[string]*pem.Block{files.Cert: {Type: "CERTIFICATE", Bytes: certificate}, files.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		// As a renewing program does: the new file takes the place of the old.
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestANewCertificateIsUsedWithoutARestartAndABrokenOneIsNot(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	files := pair(t, folder, 1)
	g := gatewaytest.Start(t, gatewaytest.Settings(func(s *config.Scim) { s.TLS = &files }))
	serial := func(version uint16) int64 {
		t.Helper()
		connection, err := tls.Dial("tcp", g.Server.Address(), &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if !strings.HasPrefix(g.URL, "https://") {
		t.Errorf("base URL %s", g.URL)
	}
	if got := serial(tls.VersionTLS13); got != 1 {
		t.Errorf("certificate %d, want the first", got)
	}
	pair(t, folder, 2)
	if got := serial(tls.VersionTLS12); got != 2 {
		t.Errorf("certificate %d, want the second", got)
	}
	if err := os.WriteFile(files.Cert, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serial(tls.VersionTLS13); got != 2 {
		t.Errorf("certificate %d, want the second while the third is not whole", got)
	}
	pair(t, folder, 3)
	if got := serial(tls.VersionTLS13); got != 3 {
		t.Errorf("certificate %d, want the third", got)
	}
	if _, err := tls.Dial("tcp", g.Server.Address(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	response, err := client.Get(g.URL + "/Users")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestTheBaseURLIsTheConfiguredOneElseWhatATrustedProxySaysElseTheHost(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		change func(*config.Scim)
		want   string
	}{
		"nothing is configured: proxies are not believed": {func(*config.Scim) {}, "http://ADDRESS/scim/v2/staff"},
		"a trusted proxy":     {func(s *config.Scim) { s.TrustedProxies = prefixes(t, "127.0.0.1/32") }, "https://people.example.com/scim/v2/staff"},
		"another proxy":       {func(s *config.Scim) { s.TrustedProxies = prefixes(t, "10.0.0.0/8") }, "http://ADDRESS/scim/v2/staff"},
		"a configured URL":    {func(s *config.Scim) { s.BaseURL = "https://rollcall.example.com" }, "https://rollcall.example.com/scim/v2/staff"},
		"one that has a path": {func(s *config.Scim) { s.BaseURL = "https://example.com/people/" }, "https://example.com/people/scim/v2/staff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gatewaytest.Start(t, gatewaytest.Settings(one.change))
			c := newCaller(t, g).with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "inside.example.com, people.example.com")
			c.url = "http://" + g.Server.Address() + "/scim/v2/staff"
			made := c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
			want := strings.Replace(one.want, "ADDRESS", g.Server.Address(), 1) + "/Users/" + made.id()
			if got := made.header.Get("Location"); got != want {
				t.Errorf("Location %s, want %s", got, want)
			}
			meta, _ := made.json["meta"].(map[string]any)
			if meta["location"] != want {
				t.Errorf("meta.location %v, want %s", meta["location"], want)
			}
			c.want(c.do("GET", "http://"+g.Server.Address()+"/people/scim/v2/staff/Users/"+made.id(), ""), map[bool]int{true: 200, false: 404}[strings.Contains(one.want, "/people/")])
		})
	}
}

func TestPathsAreReadAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newCaller(t, g)
	id := c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated).id()
	address := "http://" + g.Server.Address()
	for path, want := range map[string]int{
		"/scim/v2/staff/Users/" + id:                                                      200,
		"//scim//v2//staff//Users//" + id + "/":                                           200,
		"/SCIM/V2/staff/users/" + id:                                                      200,
		"/scim/v2/staff/USERS/" + id + "/?aadOptscim062020":                               200,
		"/scim/v2/staff/Users/" + strings.Replace(id, "-", "%2D", 1):                      200,
		"/scim/v2/staff/Users/" + id + "?unknown=%zz":                                     200,
		"/scim/v2/staff/Users/" + id + "/more":                                            404,
		"/scim/v2/staff/Groups/" + id:                                                     404,
		"/scim/v2/staff/Users/..%2F" + id:                                                 404,
		"/scim/v2/staff/serviceproviderconfig/":                                           200,
		"/scim/v2/staff/schemas/urn:ietf:params:scim:schemas:core:2.0:User":               200,
		"/scim/v2/staff/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3Auser": 200,
		"/scim/v2/staff/resourcetypes/user":                                               200,
		"/scim/v2/STAFF/Users/" + id:                                                      401,
		"/scim/v1/staff/Users/" + id:                                                      404,
	} {
		r, err := c.try("GET", address+path, "")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if r.status != want {
			t.Errorf("%s: status %d, want %d: %s", path, r.status, want, r.body)
		}
	}
}

func TestAWriteIsFinishedThoughTheClientHangsUp(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	arrived, release := make(chan struct{}), make(chan struct{})
	b.onWrite(func(context.Context) error { close(arrived); <-release; return nil })
	connection, err := net.Dial("tcp", g.Server.Address())
	if err != nil {
		t.Fatal(err)
	}
	body := `{"userName":"ada"}`
	if _, err := fmt.Fprintf(connection, "POST /scim/v2/staff/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", g.Token, len(body), body); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := connection.Close(); err != nil {
		t.Fatal(err)
	}
	close(release)
	c := newCaller(t, g)
	eventually(t, func() error {
		if r := c.want(c.do("GET", "/Users", ""), http.StatusOK); r.json["totalResults"] != 1.0 {
			return fmt.Errorf("got %s", r.body)
		}
		return nil
	})
}
