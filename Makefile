# `make` prints what can be done.

GO       ?= go
LINT      = golangci-lint
LINT_VERSION = v2.15.0
VULN_VERSION = v1.9.0
TOOLS     = bin/tools

# The rooms and stores that must also hold when every transaction is serializable.
STORES    = ./internal/db/... ./internal/bus/... ./internal/ledger/... ./internal/access/... \
            ./internal/brand/... ./internal/market/... ./internal/detect/... ./internal/enforce/...

.PHONY: help demo build test check lint race bench fuzz tools need clean

help: ## print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: ## build a simulated marketplace and serve it at http://localhost:8080
	$(GO) run ./cmd/ownmark demo

build: ## build bin/ownmark
	$(GO) build -trimpath -o bin/ownmark ./cmd/ownmark

test: need ## install PostgreSQL and Chromium when missing, then run every test on both engines
	CI=$${CI:-1} $(GO) test -timeout 20m ./...
	CI=$${CI:-1} DBTEST_ISOLATION=serializable $(GO) test -timeout 20m -count=1 $(STORES)

race: need ## the tests of everything concurrent under the race detector (needs gcc)
	$(GO) test -race -short -timeout 20m $(STORES) ./engine/...

check: lint test ## what CI runs

lint: tools ## gofmt, go vet and the linters of .golangci.yml, the map of the code, known vulnerabilities
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'gofmt:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(TOOLS)/$(LINT) run ./...
	$(GO) test ./internal -run 'Arrows|Dependencies'
	@scripts/vulnerabilities $(TOOLS)/govulncheck

bench: ## listings per second from JSONL to verdict, beside a baseline
	$(GO) run ./cmd/ownmark bench scan

fuzz: ## each fuzz target for ten seconds
	scripts/fuzz 10s

tools: $(TOOLS)/$(LINT)-$(LINT_VERSION) $(TOOLS)/govulncheck-$(VULN_VERSION)

$(TOOLS)/$(LINT)-$(LINT_VERSION):
	@echo 'building $(LINT) $(LINT_VERSION), once; this takes some minutes'
	GOBIN=$(CURDIR)/$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@touch $@

$(TOOLS)/govulncheck-$(VULN_VERSION):
	GOBIN=$(CURDIR)/$(TOOLS) $(GO) install golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION)
	@touch $@

need:
	@scripts/need

clean: ## remove what was built and the screenshots of tests
	rm -rf bin artefacts
