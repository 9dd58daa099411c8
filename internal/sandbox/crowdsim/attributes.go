package crowdsim

import (
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func (s *Sim) getAttributes(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.user(w, r); ok {
		standin.Answer(w, http.StatusOK, attributesOf(a))
	}
}

// setAttributes writes the attributes that are given and leaves the others.
func (s *Sim) setAttributes(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r)
	var given attributeList
	if !ok || !body(w, r, &given) || external(w, a.External) {
		return
	}
	for _, one := range given.Attributes {
		if one.Name == "" || one.Name == firstName || one.Name == lastName || len(one.Values) == 0 {
			refuse(w, http.StatusBadRequest, illegalArgument, "An attribute needs a name and values")
			return
		}
	}
	changed := false
	err := s.roster.ChangeAccount(a.ID, func(a *roster.Account) {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		for _, one := range given.Attributes {
			before, there := a.Attributes[one.Name]
			changed = changed || !there || before != one.Values[0]
			a.Attributes[one.Name] = one.Values[0]
		}
	})
	if err != nil {
		refuse(w, http.StatusNotFound, userNotFound, "User does not exist")
		return
	}
	if changed {
		fault.Applied(r, "update-account:"+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) removeAttribute(w http.ResponseWriter, r *http.Request) {
	a, ok := s.user(w, r)
	if !ok || external(w, a.External) {
		return
	}
	name := r.URL.Query().Get("attributename")
	if name == "" || name == firstName || name == lastName {
		refuse(w, http.StatusBadRequest, illegalArgument, "attributename is missing")
		return
	}
	_, there := a.Attributes[name]
	if err := s.roster.ChangeAccount(a.ID, func(a *roster.Account) { delete(a.Attributes, name) }); err != nil {
		refuse(w, http.StatusNotFound, userNotFound, "User does not exist")
		return
	}
	if there {
		fault.Applied(r, "update-account:"+a.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}
