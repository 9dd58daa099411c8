package oktasim

import (
	"fmt"
	"time"
)

// event is an entry of the system log. Its place in the log is the order of
// persistence.
type event struct {
	published, persisted time.Time
	eventType, message   string
	targets              []eventTarget
	uuid                 string
}

type eventTarget struct{ id, kind, alternateID, name string }

func userTarget(u *user) eventTarget {
	return eventTarget{u.id, "User", u.rec.Login, u.rec.FirstName + " " + u.rec.LastName}
}

func groupTarget(g *group) eventTarget {
	return eventTarget{g.id, "UserGroup", "unknown", g.rec.Name}
}

func (s *Sim) appTarget() eventTarget {
	return eventTarget{s.app.id, "AppInstance", "Atlassian", "Atlassian"}
}

// record appends to the system log. The caller holds the lock.
func (s *Sim) record(eventType, message string, targets ...eventTarget) {
	now := s.now()
	s.log = append(s.log, &event{
		published: now, persisted: now.Add(s.opts.LogLag),
		eventType: eventType, message: message, targets: targets,
		uuid: fmt.Sprintf("00000000-0000-4000-8000-%012x", len(s.log)+1),
	})
}

// object is the event as the API shows it.
func (e *event) object() map[string]any {
	targets := make([]map[string]any, 0, len(e.targets))
	for _, t := range e.targets {
		targets = append(targets, map[string]any{
			"id": t.id, "type": t.kind, "alternateId": t.alternateID, "displayName": t.name,
		})
	}
	return map[string]any{
		"uuid": e.uuid, "published": e.published.Format(timeLayout), "eventType": e.eventType,
		"version": "0", "severity": "INFO", "displayMessage": e.message,
		"outcome": map[string]any{"result": "SUCCESS"},
		"actor": map[string]any{
			"id": "00u1sbx0000000000adm", "type": "User", "alternateId": "admin@acme.example", "displayName": "Administrator",
		},
		"target": targets,
	}
}

// attribute is what the log's filters compare.
func (e *event) attribute(name string) []string {
	switch name {
	case "eventType":
		return []string{e.eventType}
	case "uuid":
		return []string{e.uuid}
	case "severity":
		return []string{"INFO"}
	case "outcome.result":
		return []string{"SUCCESS"}
	case "displayMessage":
		return []string{e.message}
	case "actor.id":
		return []string{"00u1sbx0000000000adm"}
	case "actor.type":
		return []string{"User"}
	}
	var values []string
	for _, t := range e.targets {
		switch name {
		case "target.id":
			values = append(values, t.id)
		case "target.type":
			values = append(values, t.kind)
		case "target.alternateId":
			values = append(values, t.alternateID)
		case "target.displayName":
			values = append(values, t.name)
		}
	}
	return values
}

// logAttributes are those that a filter may name; published is not among them.
var logAttributes = []string{
	"eventType", "uuid", "severity", "outcome.result", "displayMessage", "actor.id", "actor.type",
	"target.id", "target.type", "target.alternateId", "target.displayName",
}
