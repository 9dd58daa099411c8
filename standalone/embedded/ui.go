package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is a running Temporal Web UI.
type webUI struct {
	url    string
	server *server.Server
	ended  chan error
}

// startUI returns when the Web UI answers.
func startUI(ctx context.Context, at endpoint, frontend, namespace string) (*webUI, error) {
	ui := &webUI{url: "http://" + at.client(), ended: make(chan error, 1)}
	ui.server = server.NewServer(server_options.WithConfigProvider(&config.Config{
		TemporalGRPCAddress: frontend,
		Host:                hostInURL(at),
		Port:                at.port,
		EnableUI:            true,
		DefaultNamespace:    namespace,
		// It speaks http, so its cookie cannot ask for https.
		CORS: config.CORS{CookieInsecure: true},
		// Nothing here may call home.
		DisableNewsFetch:   true,
		NotifyOnNewVersion: false,
		HideLogs:           true,
	}))
	go func() { ui.ended <- ui.server.Start() }()
	if err := ui.waitUntilServing(ctx); err != nil {
		ui.stop()
		return nil, err
	}
	return ui, nil
}

// waitUntilServing asks until the Web UI answers: it has no event for that.
func (ui *webUI) waitUntilServing(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, ui.url+"/healthz", nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(request); err == nil {
			if err := response.Body.Close(); err != nil {
				return err
			}
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-retry.C:
		case err := <-ui.ended:
			if err == nil {
				err = errors.New("it stopped at once")
			}
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", ui.url, ctx.Err())
		}
	}
}

func (ui *webUI) stop() { ui.server.Stop() }

// hostInURL is the interface to listen on, in the form that the Web UI puts
// before a colon and the port.
func hostInURL(e endpoint) string {
	if e.ip.To4() == nil {
		return "[" + e.ip.String() + "]"
	}
	return e.ip.String()
}
