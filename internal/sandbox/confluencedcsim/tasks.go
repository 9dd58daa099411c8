package confluencedcsim

import (
	"encoding/xml"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// task is a deletion on its way.
type task struct {
	account string
	looks   int
	done    bool
}

// deleteUser begins a deletion.
func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	a, ok := s.about(w, r)
	if !ok {
		return
	}
	id := s.roster.NewID()
	one := &task{account: a.ID}
	s.tasks[id] = one
	if s.opts.TaskPolls == 0 {
		s.finish(r, one)
	}
	standin.Answer(w, http.StatusAccepted, map[string]any{
		"id": id, "links": map[string]any{}, "statusPath": "/rest/api/longtask/" + id,
	})
}

func (s *Sim) finish(r *http.Request, one *task) {
	one.done = true
	if s.opts.TaskFails {
		return
	}
	if err := s.roster.RemoveAccount(one.account); err == nil {
		fault.Applied(r, "remove-account:"+one.account)
	}
}

func (s *Sim) getTask(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := standin.Var(r, "id")
	one := s.tasks[id]
	if one == nil {
		problem(w, http.StatusNotFound, "No task found with this id")
		return
	}
	if one.looks++; !one.done && one.looks >= s.opts.TaskPolls {
		s.finish(r, one)
	}
	answer := map[string]any{
		"id": id, "name": map[string]string{"key": "delete.user"}, "elapsedTime": 10, "percentageComplete": 50, "successful": false,
		"messages": []any{},
	}
	if one.done {
		answer["percentageComplete"], answer["successful"] = 100, !s.opts.TaskFails
		if s.opts.TaskFails {
			answer["messages"] = []any{map[string]any{"translation": "the user could not be removed", "args": []any{}}}
		}
	}
	standin.Answer(w, http.StatusOK, answer)
}

// manifest tells other applications which one this is.
// https://developer.atlassian.com/server/framework/atlassian-sdk/application-links/
func (s *Sim) manifest(w http.ResponseWriter, r *http.Request) {
	type manifest struct {
		XMLName xml.Name `json:"-" xml:"manifest"`
		ID      string   `json:"id" xml:"id"`
		Name    string   `json:"name" xml:"name"`
		TypeID  string   `json:"typeId" xml:"typeId"`
		Version string   `json:"version" xml:"version"`
	}
	told := manifest{ID: "7f0c1a52-2d83-3b61-9a4e-5d1f8c77e0b2", Name: "Confluence", TypeID: "confluence", Version: s.opts.Version}
	if !s.opts.ManifestXML && r.Header.Get("Accept") == "application/json" {
		standin.Answer(w, http.StatusOK, told)
		return
	}
	text, err := xml.Marshal(told)
	if err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	if _, err := w.Write(text); err != nil {
		return
	}
}
