package cli

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// checkedLicence is the room in a licence.
type checkedLicence struct {
	Product string `json:"product"`
	// Known is whether the target tells it; Free is then how many more people may
	// have the product, unless that is unlimited.
	Known     bool `json:"known"`
	Unlimited bool `json:"unlimited,omitempty"`
	Free      int  `json:"free"`
}

// directoryUnknown is what is said where no API tells it.
const directoryUnknown = "unknown"

// product keeps what a target's report says of the product itself.
func (r *checked) product(report directory.TargetReport) {
	r.Version, r.Directory = report.Version, string(report.Directory)
	if report.Directory == directory.DirectoryUnknown {
		r.Directory = directoryUnknown
	}
	for _, l := range report.Licences {
		r.Licences = append(r.Licences, checkedLicence(l))
	}
}

// printProduct prints the version, whether the directory can be written, and
// the room in the licences.
func (p *program) printProduct(r *checked) {
	if r.Directory == "" {
		return
	}
	if r.Version != "" {
		p.printf("         version %s\n", plain(r.Version))
	}
	p.printf("         directory %s\n", plain(r.Directory))
	rooms := []string{"unknown"}
	if len(r.Licences) > 0 {
		rooms = nil
	}
	for _, l := range r.Licences {
		rooms = append(rooms, l.String())
	}
	p.printf("         licences %s\n", plain(strings.Join(rooms, ", ")))
}

// String is such as "jira-software: 12 free".
func (l checkedLicence) String() string {
	switch {
	case l.Unlimited:
		return l.Product + ": unlimited"
	case !l.Known:
		return l.Product + ": unknown"
	}
	return fmt.Sprintf("%s: %d free", l.Product, l.Free)
}
