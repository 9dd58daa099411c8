package speccheck

import (
	"net/http"
	"strings"
)

// Except lets operations pass unchecked that the vendor has and documents
// elsewhere, and that the description leaves out, such as
// "GET /rest/api/2/project/{key}"; the caller says where they are documented.
// One that is described stays checked, and excepting it is a violation.
func (c *Checker) Except(operations ...string) *Checker {
	for _, operation := range operations {
		method, template, _ := strings.Cut(operation, " ")
		request, err := http.NewRequest(method, template, http.NoBody)
		if err != nil {
			c.fault(operation, "an exception that is no operation: %v", err)
			continue
		}
		if _, _, err := c.router.FindRoute(request); err == nil {
			c.fault(operation, "is excepted, and described")
			continue
		}
		c.except.Path(template).Methods(method)
	}
	return c
}

// ExceptAnswer lets an operation answer with a status that the description
// leaves out and the vendor gives, such as "GET /rest/api/group/{groupName}
// 404", written as in Checked. A described one stays checked.
func (c *Checker) ExceptAnswer(answers ...string) *Checker {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers == nil {
		c.answers = make(map[string]bool)
	}
	for _, answer := range answers {
		c.answers[answer] = true
	}
	return c
}
