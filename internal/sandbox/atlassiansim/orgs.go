package atlassiansim

import (
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// managedPageSize is the size of a page of managed accounts; the description
// gives none, and no way to ask for another.
const managedPageSize = 100

type selfLink struct {
	Self string `json:"self"`
}

type related struct {
	Links struct {
		Related string `json:"related"`
	} `json:"links"`
}

type orgDocument struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		Name string `json:"name"`
	} `json:"attributes"`
	Relationships map[string]related `json:"relationships"`
	Links         selfLink           `json:"links"`
}

// base is the URL under which the organizations API was called.
func base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + orgPrefix
}

func (s *Sim) org(r *http.Request) orgDocument {
	self := base(r) + "/v1/orgs/" + s.opts.OrgID
	d := orgDocument{ID: s.opts.OrgID, Type: "orgs", Links: selfLink{self}, Relationships: map[string]related{}}
	d.Attributes.Name = s.opts.OrgName
	for _, name := range []string{"domains", "users"} {
		var rel related
		rel.Links.Related = self + "/" + name
		d.Relationships[name] = rel
	}
	return d
}

func (s *Sim) listOrgs(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("cursor") != "" {
		// There is one page, so no cursor has ever been given.
		s.badRequest(w, r, errCursor)
		return
	}
	write(w, http.StatusOK, struct {
		Data  []orgDocument `json:"data"`
		Links links         `json:"links"`
	}{[]orgDocument{s.org(r)}, links{Self: base(r) + "/v1/orgs"}})
}

func (s *Sim) getOrg(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, struct {
		Data orgDocument `json:"data"`
	}{s.org(r)})
}

type domainDocument struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		Name  string `json:"name"`
		Claim struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"claim"`
	} `json:"attributes"`
	Links selfLink `json:"links"`
}

func (s *Sim) listDomains(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("cursor") != "" {
		s.badRequest(w, r, errCursor)
		return
	}
	self := base(r) + "/v1/orgs/" + s.opts.OrgID + "/domains"
	domains := []domainDocument{}
	for _, name := range s.opts.Managed {
		d := domainDocument{ID: name, Type: "domains", Links: selfLink{self + "/" + url.PathEscape(name)}}
		d.Attributes.Name, d.Attributes.Claim.Type, d.Attributes.Claim.Status = name, "dns", "verified"
		domains = append(domains, d)
	}
	write(w, http.StatusOK, struct {
		Data  []domainDocument `json:"data"`
		Links links            `json:"links"`
	}{domains, links{Self: self}})
}

type managedUser struct {
	AccountID     string   `json:"account_id"`
	AccountType   string   `json:"account_type"`
	AccountStatus string   `json:"account_status"`
	Name          string   `json:"name"`
	Email         string   `json:"email"`
	Picture       string   `json:"picture"`
	Billable      bool     `json:"access_billable"`
	Links         selfLink `json:"links"`
}

// listManaged lists the managed accounts, in the directory or not. Its next
// link is a URL, unlike those of the second version.
func (s *Sim) listManaged(w http.ResponseWriter, r *http.Request) {
	const list = "managed"
	var (
		after int64
		query struct{}
		err   error
	)
	if text := r.URL.Query().Get("cursor"); text != "" {
		if after, err = resume(list, text, &query); err != nil {
			s.badRequest(w, r, err)
			return
		}
	}
	effect := s.opts.Engine.ListEffect(r)
	self := base(r) + "/v1/orgs/" + s.opts.OrgID + "/users"
	s.mu.RLock()
	total := 0
	for _, a := range s.accounts {
		if a.managed {
			total++
		}
	}
	items, last, more := paginate(s.managedAccounts(effect), after, managedPageSize, effect)
	users := make([]managedUser, 0, len(items))
	for _, f := range items {
		users = append(users, managedUser{
			AccountID: f.id, AccountType: "atlassian", AccountStatus: f.lifecycle, Name: f.name, Email: f.email,
			Picture: "https://avatars.example.net/" + url.PathEscape(f.id), Billable: len(s.seats(f.record)) > 0,
			Links: selfLink{strings.TrimSuffix(base(r), orgPrefix) + "/users/" + f.id + "/manage/profile"},
		})
	}
	s.mu.RUnlock()
	following, err := next(list, query, last, more)
	if err != nil {
		s.badRequest(w, r, err)
		return
	}
	pageLinks := links{Self: self}
	if following != "" {
		pageLinks.Next = self + "?cursor=" + following
	}
	write(w, http.StatusOK, struct {
		Data  []managedUser  `json:"data"`
		Links links          `json:"links"`
		Meta  map[string]int `json:"meta"`
	}{users, pageLinks, map[string]int{"total": total}})
}

func (s *Sim) managedAccounts(effect fault.Kind) matches[found] {
	then := s.opts.Now().Add(-s.opts.Staleness)
	return func(after int64) iter.Seq2[int64, found] {
		return func(yield func(int64, found) bool) {
			for _, a := range s.accounts {
				rec := &a.record
				if effect == fault.Stale {
					rec = a.at(then)
				}
				if a.seq > after && a.managed && rec != nil && !yield(a.seq, found{a, rec}) {
					return
				}
			}
		}
	}
}

type directoryDocument struct {
	DirectoryID string `json:"directoryId"`
	Name        string `json:"name"`
	Icon        string `json:"icon"`
}

func (s *Sim) listDirectories(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	var limit *int
	var c constraints
	if err := limitParam(v, &limit); err != nil {
		s.badRequest(w, r, err)
		return
	}
	c.limit(limit, 20, 100)
	c.list("directoryIds", v["directoryIds"], 10)
	if v.Get("cursor") != "" {
		c.first = errors.Join(errCursor, c.first)
	}
	if c.first != nil {
		s.badRequest(w, r, c.first)
		return
	}
	d := directoryDocument{
		DirectoryID: s.opts.DirectoryID, Name: s.opts.OrgName + " directory",
		Icon: "https://avatars.example.net/directory",
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	keep := strings.Contains(fold(d.Name), fold(v.Get("searchTerm")))
	if ids := v["directoryIds"]; len(ids) > 0 {
		keep = keep && contains(ids, d.DirectoryID)
	}
	if id := v.Get("accountId"); id != "" {
		a := s.accountByID[id]
		keep = keep && a != nil && a.membership != memberNone
	}
	data := []directoryDocument{}
	if keep {
		data = append(data, d)
	}
	write(w, http.StatusOK, struct {
		Data  []directoryDocument `json:"data"`
		Links links               `json:"links"`
	}{data, links{}})
}
