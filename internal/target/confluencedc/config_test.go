package confluencedc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestAllProblemsOfAConfigurationAreToldAtOnce(t *testing.T) {
	t.Parallel()
	const secret = "a-password-to-keep"
	_, err := confluencedc.New(confluencedc.Config{
		BaseURL: "http://wiki.example.com", Credential: rest.Basic("", secret), Timeout: -time.Second,
	})
	if err == nil {
		t.Fatal("it is accepted")
	}
	for _, want := range []string{"confluence-dc: ", "https", "credential", "timeout"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error says nothing of %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Error("the password is in the error")
	}
}

func TestAnIdentityIsThePlaceAndNotTheWayThere(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://Wiki.example.com/Confluence", "https://wiki.example.com/confluence/"} {
		if got := confluencedc.Identity(address); got != "confluence-dc:wiki.example.com/confluence" {
			t.Errorf("%s is %q", address, got)
		}
	}
}

func TestAGroupsNameIsCheckedBeforeConfluenceIsAsked(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"Team Ünïted & Co.": true, "100%": true, strings.Repeat("é", 255): true,
		"": false, " ": false, " staff": false, "a/b": false, `a\b`: false, "..": false, "a\x00b": false, "\xff": false, strings.Repeat("é", 256): false,
	} {
		if problem := confluencedc.Capabilities().GroupName(name); (problem == "") != good {
			t.Errorf("%q: %q", name, problem)
		}
	}
}
