package jiradc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestAllProblemsOfAConfigurationAreToldAtOnce(t *testing.T) {
	t.Parallel()
	const secret = "a-password-to-keep"
	_, err := jiradc.New(jiradc.Config{
		BaseURL: "http://jira.example.com", Credential: rest.Basic("", secret), Applications: []string{""}, Timeout: -time.Second,
	})
	if err == nil {
		t.Fatal("it is accepted")
	}
	for _, want := range []string{"jira-dc: ", "https", "credential", "applications", "timeout"} {
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
	for _, address := range []string{"https://Jira.example.com/Jira", "https://jira.example.com/jira/", "http://jira.example.com/jira"} {
		if got := jiradc.Identity(address); got != "jira-dc:jira.example.com/jira" {
			t.Errorf("%s is %q", address, got)
		}
	}
}

func TestAGroupsNameIsCheckedBeforeJiraIsAsked(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"Team Ünïted / 2": true, strings.Repeat("é", 255): true,
		"": false, " ": false, " staff": false, "staff\t": false, "a\x00b": false, "\xff": false, strings.Repeat("é", 256): false,
	} {
		if problem := jiradc.Capabilities().GroupName(name); (problem == "") != good {
			t.Errorf("%q: %q", name, problem)
		}
	}
}
