package jiradcsim

import (
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func (s *Sim) serverInfo(w http.ResponseWriter, _ *http.Request) {
	standin.Answer(w, http.StatusOK, map[string]any{
		"baseUrl": "http://jira.invalid", "version": s.opts.Version, "versionNumbers": s.numbers(),
		"deploymentType": "Server", "buildNumber": 10030024, "serverTitle": "Jira",
	})
}

func (s *Sim) myPermissions(w http.ResponseWriter, _ *http.Request) {
	permissions := map[string]any{}
	for key, name := range map[string]string{
		"ADMINISTER": "Jira Administrators", "SYSTEM_ADMIN": "Jira System Administrators", "USER_PICKER": "Browse Users",
	} {
		permissions[key] = map[string]any{
			"id": "0", "key": key, "name": name, "type": "GLOBAL", "description": name, "havePermission": s.has(key),
		}
	}
	standin.Answer(w, http.StatusOK, map[string]any{"permissions": permissions})
}
