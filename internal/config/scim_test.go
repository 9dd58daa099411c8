package config_test

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
)

// pushed is a file with a connection that lives from pushes alone.
type pushed struct{ top, source, door string }

func (p pushed) yaml() string {
	content := p.top + "\nconnections:\n  staff:\n    source: {kind: scim" + p.source + "}\n" +
		"    targets: {cloud: {kind: atlassian-cloud, organization: o, directory: d, api_key: \"${ATLASSIAN_API_KEY}\"}}\n"
	if p.door != "" {
		content += "    scim: {" + p.door + "}\n"
	}
	return content
}

func TestAMistakeAboutPushesIsReportedWithItsPathAndWhatWasExpected(t *testing.T) {
	t.Parallel()
	const (
		source, door = "connections.staff.source", "connections.staff.scim"
		badge        = `urn: "urn:example:badge:1.0:User", name: Badge`
		device       = `name: Device, endpoint: /Devices, urn: "urn:example:device"`
		number       = `attributes: [{name: number}]`
	)
	extension := func(settings string) pushed { return pushed{door: "extensions: [{" + settings + "}]"} }
	attribute := func(settings string) pushed { return extension(badge + ", attributes: [{" + settings + "}]") }
	resource := func(settings string) pushed { return pushed{door: "resource_types: [{" + settings + "}]"} }
	inner := func(settings string) pushed { return attribute("name: a, type: complex, sub: [{" + settings + "}]") }
	ext, attr, typ := door+".extensions[0]", door+".extensions[0].attributes[0]", door+".resource_types[0]"
	for name, test := range map[string]struct {
		pushed
		path, message string
	}{
		"an address beside pushes":               {pushed{source: ", url: 'https://example.okta.com'"}, source + ".url", "does not go with kind: scim"},
		"a token beside pushes":                  {pushed{source: ", token: ${OKTA_TOKEN}"}, source + ".token", "does not go with kind: scim"},
		"groups that the provider chooses":       {pushed{source: ", groups: [eng-*]"}, source + ".groups", "the identity provider chooses what it pushes"},
		"a log beside pushes":                    {pushed{source: ", system_log: {}"}, source + ".system_log", "does not go with kind: scim"},
		"pushes also beside pushes":              {pushed{source: ", also: scim"}, source + ".also", "which is pushes already"},
		"another door":                           {pushed{source: ", also: okta"}, source + ".also", "expected scim"},
		"an unknown setting of the gateway":      {pushed{top: "scim: {lisen: x}"}, "scim.lisen", "(did you mean listen?)"},
		"an address without a port":              {pushed{top: "scim: {listen: localhost}"}, "scim.listen", "expected host:port"},
		"metrics at no port":                     {pushed{top: "scim: {metrics_listen: localhost}"}, "scim.metrics_listen", "expected host:port"},
		"a base URL in plain http":               {pushed{top: "scim: {base_url: 'http://rollcall.example.com'}"}, "scim.base_url", "plain http, which is for loopback only"},
		"a base URL that is none":                {pushed{top: "scim: {base_url: rollcall.example.com}"}, "scim.base_url", "is not a web address"},
		"a base URL that is empty":               {pushed{top: "scim: {base_url: ''}"}, "scim.base_url", "is empty; expected https://host"},
		"a base URL with a query":                {pushed{top: "scim: {base_url: 'https://rollcall.example.com?a=b'}"}, "scim.base_url", "has a query"},
		"a base URL that Okta refuses":           {pushed{top: "scim: {base_url: 'https://rollcall.example.com/roll_call'}"}, "scim.base_url", "has a _ in it, which Okta refuses"},
		"a base URL that says too much":          {pushed{top: "scim: {base_url: 'https://rollcall.example.com/scim/v2/'}"}, "scim.base_url", "which the gateway adds itself"},
		"a base URL of one connection":           {pushed{top: "scim: {base_url: 'https://rollcall.example.com/SCIM/v2/staff'}"}, "scim.base_url", "which the gateway adds itself"},
		"a certificate without its key":          {pushed{top: "scim: {tls: {cert: c.pem}}"}, "scim.tls.key", "is missing"},
		"a network that is none":                 {pushed{top: "scim: {trusted_proxies: [10.0.0.0/33]}"}, "scim.trusted_proxies[0]", "expected a network such as 10.0.0.0/8, or an address"},
		"a network with the bits of an address":  {pushed{top: "scim: {trusted_proxies: [10.0.0.1/8]}"}, "scim.trusted_proxies[0]", "the bits after the prefix are not zero"},
		"a proxy's name":                         {pushed{top: "scim: {trusted_proxies: [proxy.example.com]}"}, "scim.trusted_proxies[0]", "expected a network"},
		"a size without a unit":                  {pushed{top: "scim: {max_body: 4194304}"}, "scim.max_body", "expected a size from 1KiB to 256MiB, such as 512KiB or 4MiB"},
		"a size that is too large":               {pushed{top: "scim: {max_body: 1GiB}"}, "scim.max_body", "from 1KiB to 256MiB"},
		"a size beyond all numbers":              {pushed{top: "scim: {max_body: 9223372036854775807GiB}"}, "scim.max_body", "expected a size"},
		"a size below nothing":                   {pushed{top: "scim: {max_header: -1KiB}"}, "scim.max_header", "expected a size from 4KiB to 1MiB"},
		"no operation in a Bulk":                 {pushed{top: "scim: {bulk_operations: 0}"}, "scim.bulk_operations", "from 1 to 100000"},
		"no request at a time":                   {pushed{top: "scim: {concurrency: 0}"}, "scim.concurrency", "from 1 to 100000"},
		"no wrong token":                         {pushed{top: "scim: {failed_logins: 0}"}, "scim.failed_logins", "from 1 to 100000"},
		"a request without time":                 {pushed{top: "scim: {request_timeout: 0}"}, "scim.request_timeout", "from 1s to 10m"},
		"a log of hours":                         {pushed{top: "scim: {log_days: 5h}"}, "scim.log_days", "from 1d to 3650d"},
		"days without a unit":                    {pushed{top: "scim: {log_days: 30}"}, "scim.log_days", "expected a duration"},
		"a client that is unknown":               {pushed{door: "client: entre"}, door + ".client", "expected auto, entra or rfc (did you mean entra?)"},
		"an extension without a URN":             {extension("name: Badge, " + number), ext + ".urn", "is missing"},
		"an extension without attributes":        {extension(badge), ext + ".attributes", "is missing"},
		"an extension with no attribute":         {extension(badge + ", attributes: []"), ext + ".attributes", "expected at least one attribute"},
		"an extension of something else":         {extension(badge + ", on: Device, " + number), ext + ".on", "expected User or Group"},
		"a URN that is none":                     {extension("urn: badge, name: Badge, " + number), ext + ".urn", "is not a URN"},
		"a URN with a space":                     {extension("urn: 'urn:example:a b', name: Badge, " + number), ext + ".urn", "is not a URN"},
		"a URN of the standard":                  {extension("urn: 'URN:ietf:params:scim:schemas:core:2.0:User', name: Badge, " + number), ext + ".urn", "the standard's own"},
		"the enterprise extension again":         {extension("urn: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', name: Badge, " + number), ext + ".urn", "the standard's own"},
		"a URN twice":                            {pushed{door: "extensions: [{" + badge + ", " + number + "}, {urn: 'urn:example:BADGE:1.0:User', name: B, " + number + "}]"}, door + ".extensions[1].urn", "is there twice, first in line 6"},
		"a URN of an extension and of a type":    {pushed{door: "extensions: [{urn: 'urn:example:device', name: B, " + number + "}], resource_types: [{" + device + ", " + number + "}]"}, typ + ".urn", "is there twice"},
		"an attribute without a name":            {attribute("type: string"), attr + ".name", "is missing"},
		"an attribute that begins with a digit":  {attribute("name: 1st"), attr + ".name", "is not an attribute's name"},
		"an attribute with a dot":                {attribute("name: a.b"), attr + ".name", "is not an attribute's name"},
		"an attribute twice":                     {extension(badge + ", attributes: [{name: number}, {name: Number}]"), ext + ".attributes[1].name", "is there twice"},
		"a type that is unknown":                 {attribute("name: a, type: text"), attr + ".type", "expected string, boolean"},
		"an attribute that nobody can set":       {attribute("name: a, mutability: readOnly"), attr + ".mutability", "expected readWrite, immutable or writeOnly"},
		"an attribute that is returned anyway":   {attribute("name: a, mutability: writeOnly, returned: always"), attr + ".returned", "is never returned"},
		"a complex attribute with nothing in it": {attribute("name: a, type: complex"), attr + ".sub", "expected at least one attribute"},
		"attributes inside a text":               {attribute("name: a, sub: [{name: b}]"), attr + ".sub", "goes with type: complex only"},
		"a complex attribute inside another":     {inner("name: b, type: complex"), attr + ".sub[0].type", "RFC 7643, section 2.3.8"},
		"a unique attribute inside another":      {inner("name: b, uniqueness: server"), attr + ".sub[0].uniqueness", "not inside another"},
		"a unique switch":                        {attribute("name: a, type: boolean, uniqueness: server"), attr + ".uniqueness", "not booleans"},
		"targets of a reference that is none":    {attribute("name: a, references: [User]"), attr + ".references", "goes with type: reference only"},
		"suggested values of a number":           {attribute("name: a, type: integer, canonical: ['1']"), attr + ".canonical", "goes with type: string only"},
		"a suggested value twice":                {attribute("name: a, canonical: [x, X]"), attr + ".canonical[1]", "is there twice"},
		"the case of a number":                   {attribute("name: a, type: integer, case_exact: true"), attr + ".case_exact", "goes with type: string only"},
		"a resource type of the standard":        {resource("name: group, endpoint: /Devices, urn: 'urn:example:device', " + number), typ + ".name", "the standard's own"},
		"a resource type with a space":           {resource("name: My device, endpoint: /Devices, urn: 'urn:example:device', " + number), typ + ".name", "expected letters and digits"},
		"an endpoint without a slash":            {resource("name: Device, endpoint: Devices, urn: 'urn:example:device', " + number), typ + ".endpoint", "expected a slash and one name"},
		"an endpoint of two parts":               {resource("name: Device, endpoint: /my/Devices, urn: 'urn:example:device', " + number), typ + ".endpoint", "expected a slash and one name"},
		"an endpoint of the standard":            {resource("name: Device, endpoint: /bulk, urn: 'urn:example:device', " + number), typ + ".endpoint", "the standard's own"},
		"an endpoint twice":                      {pushed{door: "resource_types: [{" + device + ", " + number + "}, {name: D, endpoint: /devices, urn: 'urn:example:d', " + number + "}]"}, door + ".resource_types[1].endpoint", "is there twice"},
		"a resource type twice":                  {pushed{door: "resource_types: [{" + device + ", " + number + "}, {name: DEVICE, endpoint: /d, urn: 'urn:example:d', " + number + "}]"}, door + ".resource_types[1].name", "is there twice"},
		"an attribute that all resources have":   {resource(device + ", attributes: [{name: externalid}]"), typ + ".attributes[0].name", "is on every resource already"},
		"a unique attribute that is not there":   {resource(device + ", unique: numbr, " + number), typ + ".unique", "(did you mean number?)"},
		"a unique attribute with several values": {resource(device + ", unique: number, attributes: [{name: number, multi: true}]"), typ + ".unique", "not a text with one value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf(t, filepath.Join(t.TempDir(), "rollcall.yaml"), test.yaml())
			if len(problems) != 1 {
				t.Fatalf("%d problems; want one:\n%v\nin\n%s", len(problems), problems, test.yaml())
			}
			if got := problems[0]; got.Path != test.path || !strings.Contains(got.Message, test.message) {
				t.Errorf("got  %s: %s\nwant %s: …%s…", got.Path, got.Message, test.path, test.message)
			}
		})
	}
}

func TestASourceThatIsReadNeedsItsAddressAndToken(t *testing.T) {
	t.Parallel()
	problems := problemsOf(t, "r.yaml", strings.Replace(pushed{}.yaml(), "kind: scim", "kind: okta, also: scim", 1))
	var got []string
	for _, problem := range problems {
		got = append(got, problem.Path+": "+problem.Message)
	}
	if diff := cmp.Diff([]string{"connections.staff.source.token: is missing", "connections.staff.source.url: is missing"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAConnectionWithoutPushesHasNoDoor(t *testing.T) {
	t.Parallel()
	problems := problemsOf(t, "r.yaml", with{connection: "scim: {raw_token: true}"}.yaml())
	if len(problems) != 1 || problems[0].Path != "connections.staff.scim" || !strings.Contains(problems[0].Message, "accepts no pushes") {
		t.Errorf("problems: %v", problems)
	}
}

func TestPushesAreServedWithDefaultsWhenNothingIsSaid(t *testing.T) {
	t.Parallel()
	want := &config.Scim{
		Listen: "127.0.0.1:8088", MetricsListen: "127.0.0.1:9465", MaxBody: 4 << 20, MaxHeader: 32 << 10, BulkOperations: 1000, RequestTimeout: 30 * time.Second,
		Concurrency: 256, FailedLogins: 20, LogDays: 30 * 24 * time.Hour, StopTimeout: 20 * time.Second,
	}
	for name, test := range map[string]struct {
		content string
		want    *config.Scim
		pushed  []string
	}{
		"a source of pushes":                    {pushed{}.yaml(), want, []string{"staff"}},
		"a source that is read, and pushes too": {with{source: "also: scim"}.yaml(), want, []string{"staff"}},
		"a section with nothing in it":          {pushed{top: "scim: {}"}.yaml(), want, []string{"staff"}},
		"no pushes at all":                      {minimalYAML, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, "rollcall.yaml", test.content)
			if diff := cmp.Diff(test.want, c.Scim); diff != "" {
				t.Errorf("scim (-want +got):\n%s", diff)
			}
			if got := c.PushedNames(); strings.Join(got, " ") != strings.Join(test.pushed, " ") {
				t.Errorf("connections that accept pushes: %q; want %q", got, test.pushed)
			}
			if diff := cmp.Diff(config.ConnectionScim{Client: config.ClientAuto}, c.Connections["staff"].Scim); diff != "" {
				t.Errorf("the connection's door (-want +got):\n%s", diff)
			}
			if len(c.Warnings) != 0 {
				t.Errorf("warnings: %v", c.Warnings)
			}
		})
	}
}

func TestAGatewayAndAWorkerRunOnOneMachineWithOneFile(t *testing.T) {
	t.Parallel()
	for worker, want := range map[string]string{"127.0.0.1:9464": "127.0.0.1:9465", "':9000'": ":9001", "127.0.0.1:0": "127.0.0.1:0", "'[::1]:65535'": "[::1]:65534"} {
		for _, section := range []string{"", "scim: {}\n"} {
			c := parsed(t, "rollcall.yaml", pushed{top: section + "worker: {listen: " + worker + "}"}.yaml())
			if got := c.Scim.MetricsListen; got != want {
				t.Errorf("beside a worker on %s, with %q, the gateway's metrics are on %s; want %s", worker, section, got, want)
			}
		}
	}
}

func TestSettingsOfTheGatewayAreUnderstood(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePair(t, folder, "ca.pem", "cert.pem", "key.pem")
	c := parsed(t, filepath.Join(folder, "rollcall.yaml"), pushed{source: ", users: group-members", top: `scim:
  listen: 0.0.0.0:8443
  metrics_listen: '[::1]:1234'
  base_url: https://rollcall.example.com/idp/
  tls: {cert: cert.pem, key: key.pem}
  trusted_proxies: [10.0.0.0/8, 192.0.2.7, "2001:db8::/32"]
  max_body: 2MB
  max_header: 8KiB
  bulk_operations: 10
  request_timeout: 5s
  concurrency: 8
  failed_logins: 3
  log_days: 2w
  stop_timeout: 0s`}.yaml())
	want := &config.Scim{
		Listen: "0.0.0.0:8443", MetricsListen: "[::1]:1234", BaseURL: "https://rollcall.example.com/idp",
		TLS:            &config.ServerTLS{Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem")},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")},
		MaxBody:        2e6, MaxHeader: 8192, BulkOperations: 10, RequestTimeout: 5 * time.Second,
		Concurrency: 8, FailedLogins: 3, LogDays: 14 * 24 * time.Hour,
	}
	if diff := cmp.Diff(want, c.Scim, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.Connections["staff"].Source; got.Kind != config.KindScim || got.Users != config.UsersGroupMembers {
		t.Errorf("source of kind %q with users %q", got.Kind, got.Users)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
}

func TestWarningsAboutPushes(t *testing.T) {
	t.Parallel()
	const plain = "scim.listen: tokens and people's attributes come in over plain http"
	for name, test := range map[string]struct{ content, want string }{
		"plain http for everybody":            {pushed{top: "scim: {listen: '0.0.0.0:8088'}"}.yaml(), plain},
		"plain http on every address":         {pushed{top: "scim: {listen: ':8088'}"}.yaml(), plain},
		"plain http behind a proxy":           {pushed{top: "scim: {listen: ':8088', trusted_proxies: [10.0.0.0/8]}"}.yaml(), ""},
		"plain http on this machine":          {pushed{top: "scim: {listen: 'localhost:8088'}"}.yaml(), ""},
		"plain http on this machine (IPv6)":   {pushed{top: "scim: {listen: '[::1]:8088'}"}.yaml(), ""},
		"a gateway that has nothing to serve": {"scim: {}\n" + minimalYAML, "scim: no connection accepts pushes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := config.Problems(parsed(t, "rollcall.yaml", test.content).Warnings).Error()
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("warnings %q; want %q", got, test.want)
			}
		})
	}
}

func TestDeclaredSchemasAreServed(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", pushed{door: `
      extensions: [
        {urn: "urn:example:badge:1.0:User", name: Badge, required: true, attributes: [
          {name: number, required: true, uniqueness: server, case_exact: true},
          {name: pin, mutability: writeOnly},
          {name: doors, type: complex, multi: true, sub: [{name: value}, {name: since, type: dateTime}]},
          {name: photo, type: reference},
        ]},
        {urn: "urn:example:team:1.0:Group", name: Team, on: Group, attributes: [{name: cost, type: decimal, returned: request}]},
      ],
      resource_types: [
        {name: Device, endpoint: /Devices, urn: "urn:example:device", unique: serial, attributes: [{name: serial, required: true}]},
      ]`}.yaml())
	registry, err := c.Connections["staff"].Scim.Registry()
	if err != nil {
		t.Fatal(err)
	}
	device, ok := registry.ByEndpoint("/devices")
	if !ok || device.Name != "Device" || device.Unique != "serial" {
		t.Fatalf("resource type at /devices: %+v, %t", device, ok)
	}
	user, _ := registry.ByName("User")
	var badge *scim.Extension
	for i := range user.Extensions {
		if user.Extensions[i].Schema.ID == "urn:example:badge:1.0:User" {
			badge = &user.Extensions[i]
		}
	}
	if badge == nil || !badge.Required {
		t.Fatalf("the extension of User: %+v", badge)
	}
	found, err := user.Lookup(scim.AttributePath{URN: "URN:example:badge:1.0:user", Name: "DOORS", Sub: "Since"})
	if err != nil || found.Definition().Type != scim.DateTime || !found.Attribute.MultiValued {
		t.Errorf("doors.since: %+v, %v", found, err)
	}
	pin, err := user.Lookup(scim.AttributePath{URN: "urn:example:badge:1.0:User", Name: "pin"})
	if err != nil || pin.Definition().Returned != scim.ReturnedNever {
		t.Errorf("a writeOnly attribute: %+v, %v; want one that is never returned", pin, err)
	}
	photo, err := user.Lookup(scim.AttributePath{URN: "urn:example:badge:1.0:User", Name: "photo"})
	if err != nil || !cmp.Equal(photo.Definition().ReferenceTypes, []string{"external"}) {
		t.Errorf("a reference: %+v, %v; want one to something external", photo, err)
	}
	group, _ := registry.ByName("Group")
	if _, err := group.Lookup(scim.AttributePath{URN: "urn:example:team:1.0:Group", Name: "cost"}); err != nil {
		t.Errorf("the extension of Group: %v", err)
	}
}

func TestTheBaseURLOfAConnectionIsWhatAnAdministratorPastes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scim config.Scim
		want string
	}{
		"the address that providers reach": {config.Scim{Listen: ":8088", BaseURL: "https://rollcall.example.com/idp"}, "https://rollcall.example.com/idp/scim/v2/staff"},
		"this machine's own":               {config.Scim{Listen: "127.0.0.1:8088"}, "http://127.0.0.1:8088/scim/v2/staff"},
		"encrypted":                        {config.Scim{Listen: "scim.example.com:8443", TLS: &config.ServerTLS{}}, "https://scim.example.com:8443/scim/v2/staff"},
		"every address":                    {config.Scim{Listen: ":8088"}, "http://localhost:8088/scim/v2/staff"},
		"every address, written out":       {config.Scim{Listen: "0.0.0.0:8088"}, "http://localhost:8088/scim/v2/staff"},
		"every address (IPv6)":             {config.Scim{Listen: "[::]:8088"}, "http://localhost:8088/scim/v2/staff"},
		"one address (IPv6)":               {config.Scim{Listen: "[::1]:8088"}, "http://[::1]:8088/scim/v2/staff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.scim.Base("staff"); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
		})
	}
}
