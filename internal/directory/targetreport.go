package directory

// TargetReport is what Check learnt about a target.
type TargetReport struct {
	// Identity names the place that accounts live in (organization and
	// directory, or server id): links are unique within it.
	Identity string
	Can      []string
	Missing  []string
	// Notes are what an administrator should know and need not change.
	Notes []string
	// Version is the product's, such as "10.3.24"; empty for a service that has
	// none.
	Version string
	// Directory says whether accounts and groups can be written.
	Directory DirectoryAccess
	// Licences are what is left of each licence that new accounts take from;
	// empty where the target has none.
	Licences []Licence
}

// DirectoryAccess says whether the directory behind a target can be written.
type DirectoryAccess string

// What a directory allows.
const (
	DirectoryUnknown  DirectoryAccess = ""
	DirectoryWritable DirectoryAccess = "writable"
	// DirectoryReadOnly is one that another system fills (LDAP, Crowd, an
	// identity provider).
	DirectoryReadOnly DirectoryAccess = "read-only"
)

// Licence is the room in a licence.
type Licence struct {
	// Product is the product's name, such as "jira-software".
	Product string
	// Known is whether the target tells Free; else it is unknown.
	Known bool
	// Unlimited is a licence that never runs out.
	Unlimited bool
	// Free is how many more people may have the product.
	Free int
}
