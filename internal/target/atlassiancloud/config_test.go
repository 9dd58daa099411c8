package atlassiancloud

import (
	"strings"
	"testing"
)

func TestAConfigurationIsRefusedWithAllThatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	good := Config{Organization: "o", Directory: "d", APIKey: "k"}
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"a good one", func(*Config) {}, nil},
		{"nothing at all", func(c *Config) { *c = Config{} }, []string{"organization", "directory", "API key"}},
		{"all directories", func(c *Config) { c.Directory = "-" }, []string{"only one can be written"}},
		{"plain http over a network", func(c *Config) { c.BaseURL = "http://api.example.com" }, []string{"plain http"}},
		{"plain http to a name that begins like this machine's", func(c *Config) { c.BaseURL = "http://localhost.example.com" }, []string{"plain http"}},
		{"plain http on this machine", func(c *Config) { c.BaseURL = "http://127.0.0.1:8080/" }, nil},
		{"plain http on this machine, IPv6", func(c *Config) { c.BaseURL = "http://[::1]:8080" }, nil},
		{"a password in the address", func(c *Config) { c.BaseURL = "https://me:hunter2@api.example.com" }, []string{"base URL"}},
		{"no address", func(c *Config) { c.BaseURL = "api.example.com" }, []string{"base URL"}},
		{"another scheme", func(c *Config) { c.BaseURL = "ftp://127.0.0.1" }, []string{"expected https"}},
		{"a key with a line's end", func(c *Config) { c.APIKey = "hunter2\n" }, []string{"API key"}},
		{"a product for administrators", func(c *Config) { c.Products = []Product{{Name: "jira", Role: "admin"}} }, []string{"cannot be given to everybody"}},
		{"a role that does not exist", func(c *Config) { c.Products = []Product{{Name: "jira", Role: "boss"}, {Role: "user"}} }, []string{`"boss"`, "name is missing"}},
		{"the vendor's own word for a role", func(c *Config) { c.Products = []Product{{Name: "Jira", Role: "atlassian/user"}} }, nil},
		{"a negative timeout", func(c *Config) { c.Timeout = -1 }, []string{"timeout"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			config := good
			test.change(&config)
			target, err := New(config)
			if len(test.want) == 0 {
				if err != nil || target == nil {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
}
