package embedded

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/primitives"
)

// endpoint is one address to listen on.
type endpoint struct {
	ip   net.IP
	port int
}

// client is the address by which this machine reaches the endpoint.
func (e endpoint) client() string {
	ip := e.ip
	if ip.IsUnspecified() {
		ip = loopback
	}
	return net.JoinHostPort(ip.String(), strconv.Itoa(e.port))
}

// ports are all that the server and its Web UI listen on. Temporal and its Web
// UI can only be told a number, so each port is reserved until they listen.
type ports struct {
	frontend, frontendHTTP, ui endpoint
	internal                   map[primitives.ServiceName]endpoint
	reservations               []func()
}

// reservePorts reserves the addresses for the frontend and, unless empty, the
// Web UI, and a port of the kernel's choice for everything else.
func reservePorts(frontend, ui string) (_ *ports, err error) {
	p := &ports{internal: map[primitives.ServiceName]endpoint{}}
	defer func() {
		if err != nil {
			p.release()
		}
	}()

	if p.frontend, err = p.reserveAddress(TemporalService, frontend); err != nil {
		return nil, err
	}
	if ui != "" {
		if p.ui, err = p.reserveAddress(WebUIService, ui); err != nil {
			return nil, err
		}
	}
	// The frontend binds its HTTP port to the same interface.
	if p.frontendHTTP, err = p.reserve(endpoint{ip: p.frontend.ip}); err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	for _, name := range []primitives.ServiceName{
		primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		if p.internal[name], err = p.reserve(endpoint{ip: loopback}); err != nil {
			return nil, fmt.Errorf("reserve a port: %w", err)
		}
	}
	return p, nil
}

func (p *ports) services() map[primitives.ServiceName]endpoint {
	all := maps.Clone(p.internal)
	all[primitives.FrontendService] = p.frontend
	return all
}

func (p *ports) reserveAddress(service, address string) (endpoint, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return endpoint{}, fmt.Errorf("%s address %q: %w", service, address, err)
	}
	ip := net.ParseIP(host)
	if host == "localhost" {
		ip = loopback
	}
	if ip == nil {
		return endpoint{}, fmt.Errorf("%s address %q: the host must be an IP address such as 127.0.0.1", service, address)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return endpoint{}, fmt.Errorf("%s address %q: the port must be a number from 0 to 65535", service, address)
	}
	e, err := p.reserve(endpoint{ip: ip, port: int(number)})
	if errors.Is(err, syscall.EADDRINUSE) {
		return endpoint{}, &AddressInUseError{Service: service, Address: address, Err: syscall.EADDRINUSE}
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("%s address %q: %w", service, address, err)
	}
	return e, nil
}

func (p *ports) reserve(e endpoint) (endpoint, error) {
	reserved, release, err := reserve(e)
	if err != nil {
		return endpoint{}, err
	}
	p.reservations = append(p.reservations, release)
	return reserved, nil
}

func (p *ports) release() {
	for _, release := range p.reservations {
		release()
	}
	p.reservations = nil
}
