# What one types every day. .ci/run does all of it on a clean machine.

.PHONY: test demo check bench build

test: ## all tests
	go test ./... ./standalone/...

demo: ## a thousand made-up people, from a sandbox Okta to a sandbox Atlassian
	go run ./standalone --demo

check: ## formatting, vet, staticcheck, workflowcheck
	.ci/run check

bench: ## measure the real programs
	go run ./bench

build: ## the programs, in bin/
	CGO_ENABLED=0 GOWORK=off go build -trimpath -o bin/worker ./worker
	CGO_ENABLED=0 GOWORK=off go build -trimpath -o bin/rollcall ./starter
	CGO_ENABLED=0 go build -trimpath -o bin/standalone ./standalone
