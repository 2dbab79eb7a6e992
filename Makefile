# The commands people type. Everything that they need beyond Go, gcc, make,
# Node and npm is installed or fetched by scripts/setup.
SHELL := /bin/bash
SEARCH_EVENTS ?= 10000000
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/tocsin-project/tocsin/internal/cli.Version=$(VERSION)
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -print 2>/dev/null)

.PHONY: build run dev test test-go test-ui test-browser check bench bench-page bench-ingest bench-start bench-detect bench-search crash screenshots clean setup-ui setup-test

build: internal/web/dist/index.html ## the program with its interface → bin/tocsin
	go build -ldflags "$(LDFLAGS)" -o bin/tocsin ./cmd/tocsin

ui/node_modules/.installed: ui/package-lock.json
	# install, not ci: ci insists on optional binaries of other platforms that a mirror may lack
	cd ui && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

setup-ui: ui/node_modules/.installed

internal/web/dist/index.html: $(UI_SOURCES) ui/node_modules/.installed
	cd ui && npm run --silent build
	rm -rf internal/web/dist/assets
	cp -R ui/dist/. internal/web/dist/

run: build ## build and start with embedded engines under ./data
	./bin/tocsin serve --data data

dev: setup-ui ## server with the interface rebuilt on change (npm run dev proxies to it)
	go build -o bin/tocsin ./cmd/tocsin
	./bin/tocsin serve --data data & trap "kill $$!" EXIT; cd ui && npm run dev

setup-test:
	scripts/setup test

test: setup-test build test-go test-ui test-browser ## everything: Go, interface, end to end, a journey in a real browser

test-go:
	TOCSIN_TEST_BINARY=$(CURDIR)/bin/tocsin go test -timeout 20m ./...

test-ui: setup-ui
	cd ui && npm run --silent test

test-browser: build setup-ui
	cd ui && TOCSIN_TEST_BINARY=$(CURDIR)/bin/tocsin npm run --silent journey

check: setup-ui ## format, vet, staticcheck, Biome, tsc
	@test -z "$$(gofmt -l cmd internal sigma test)" || { echo "gofmt these:"; gofmt -l cmd internal sigma test; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	cd ui && npm run --silent check

bench: bench-page bench-ingest bench-start bench-detect bench-search ## every figure, as lines "bench NAME VALUE UNIT"

bench-page bench-ingest bench-start bench-detect: build
	go run ./test/bench $(@:bench-%=%)

bench-search: build ## what the event store takes: 10 M events (SEARCH_EVENTS), each figure first after a restart and warm
	./bin/tocsin bench search --events $(SEARCH_EVENTS)

crash: build ## 200 kill -9 trials (make test runs 5)
	TOCSIN_TEST_BINARY=$(CURDIR)/bin/tocsin TOCSIN_TEST_CRASHES=200 go test -timeout 60m -count=1 -run TestKill ./test/e2e/ ./internal/eventstore/catalogue/

screenshots: build setup-ui ## docs/screenshots, made from a drill
	cd ui && TOCSIN_TEST_SCREENSHOTS=$(CURDIR)/docs/screenshots TOCSIN_TEST_BINARY=$(CURDIR)/bin/tocsin npm run --silent screenshots

clean:
	rm -rf bin data ui/dist ui/node_modules internal/web/dist/assets internal/web/dist/index.html
