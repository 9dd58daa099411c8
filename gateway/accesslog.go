package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// log writes a line about a request: at debug, or as a warning when it was not
// answered as it should be. It has the route in place of the path and no query,
// which may hold addresses of people.
func (c *call) log(took time.Duration) {
	level := slog.LevelDebug
	if c.status >= http.StatusInternalServerError && c.status != http.StatusNotImplemented || c.failed {
		level = slog.LevelWarn
	}
	ctx := c.r.Context()
	if !c.g.log.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("connection", c.known()), slog.String("method", method(c.r.Method)), slog.String("route", c.route), slog.Int("status", c.status),
		slog.Duration("took", took), slog.String("request", c.requestID), slog.String("client", c.address.String()),
	}
	if c.err != nil {
		attributes = append(attributes, slog.Any("error", c.err))
	}
	c.g.log.LogAttrs(ctx, level, "scim request", attributes...)
}

// method is the method of a request where it is one of HTTP's.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }
