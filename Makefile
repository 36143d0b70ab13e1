# What a contributor runs. It needs Go, Node and make; test and demo install the rest
# (scripts/deps.sh).

MODULE   := github.com/sign-with-cmd/sign-with-cmd
# The one place where it's changed; the extension, the packages and "cmdsign --version" have it from there.
VERSION  := $(shell cat VERSION)
TARGETS  := linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64
LDFLAGS  := -s -w -X $(MODULE)/host/command.version=$(VERSION)
FUZZTIME ?= 60s

# Debian's Go and a Go unpacked as go.dev says are both found.
export PATH := $(PATH):/usr/local/go/bin

GOCODE := host installer manifests extension/drive extension/e2e examples $(wildcard tools/bench/*.go) tools/bench/rod

.PHONY: build host server extension dist test-package test test-extension test-screen test-long test-s3 test-wine faults kills soak bench lint lint-go lint-extension fmt cross fuzz demo clean deps

# bin/cmdsign and extension/dist/{chromium,firefox,component}.
build: host extension

host:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/cmdsign ./host/cmdsign

# With S3 for cmdsign serve. AWS' SDK makes it half as large again, and slower to compile and to start: not for whoever signs in a browser.
server:
	CGO_ENABLED=0 go build -tags s3 -trimpath -ldflags '$(LDFLAGS)' -o bin/cmdsign-server ./host/cmdsign

extension: extension/node_modules/.package-lock.json
	cd extension && npm run --silent build

extension/node_modules/.package-lock.json: extension/package-lock.json
	cd extension && npm ci --no-fund --no-audit --loglevel=error

# Those that start browsers come alone: browsers of several at once are too slow for each other.
BROWSERS := host/command host/sandbox installer

# -vet=off: lint has looked already.
GOTEST := go test -vet=off -timeout 30m

# The race detector needs a C compiler, so this one is not CGO_ENABLED=0.
# Nearly all of the time is the processor's: what waits for the net goes beside what compiles, and what compiles for the other
# systems beside the browsers. extension/e2e has none of the program in its own process, so nothing in it could race but the test.
test:
	@$(MAKE) --no-print-directory -j3 deps extension bin/staticcheck
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint test-extension
	CGO_ENABLED=1 $(GOTEST) -race $$(go list ./... | grep -vE '/($(subst $() ,|,extension/e2e $(BROWSERS)))$$')
	@nice -n 19 $(MAKE) --no-print-directory cross & cross=$$!; \
	$(GOTEST) -parallel 3 ./extension/e2e; extension=$$?; \
	CGO_ENABLED=1 $(GOTEST) -race -parallel 3 -p 2 $(BROWSERS:%=./%); host=$$?; \
	wait $$cross && exit $$((extension + host))

test-extension: extension/node_modules/.package-lock.json
	cd extension && npm test --silent

# A real pointer on a screen of its own, and waits as long as a person's: beside the rest, for their time.
test-screen: deps extension
	@bash scripts/deps.sh screen
	E2E_SCREEN=1 go test -run 'TestARealRightClick|TestCancelOnTheDebuggingBar' -count 1 ./extension/e2e

test-long: deps extension
	E2E_LONG=1 go test -p 1 -count 1 -timeout 60m ./extension/e2e ./host/command

# cmdsign serve against a real S3 server, on loopback. Beside the rest, for what there's to compile: some minutes of a processor.
test-s3: bin/versitygw bin/staticcheck
	go vet -tags s3 ./host/server
	bin/staticcheck -tags s3 ./host/server
	go test -vet=off -tags s3 -run TestS3 -count 1 -timeout 10m ./host/server

bin/versitygw: tools/versitygw/go.mod tools/versitygw/go.sum
	go -C tools/versitygw build -o ../../$@ github.com/versity/versitygw/cmd/versitygw

# What every fault of the sandbox comes to, in both modes, into docs/FAULTS.md.
faults: deps extension
	E2E_FAULTS=write go test -run TestEveryFaultInRelay -count 1 -timeout 60m ./extension/e2e
	E2E_FAULTS=write go test -run TestEveryFaultInLaunch -count 1 -timeout 60m ./host/command

# Host, worker and browser killed at random moments.
kills: deps extension
	E2E_KILLS=50 go test -run TestKilledAtRandomMoments -count 1 -timeout 60m -v ./extension/e2e

# The code for Windows' registry, on Wine's.
test-wine:
	bash scripts/wine.sh

# Many signings by one browser and one host, a fault in every second.
SOAK ?= 1000
soak: deps extension
	SOAK=$(SOAK) go test -run TestSoak -count 1 -timeout 300m -v ./extension/e2e

# How fast it is beside others, into docs/BENCHMARKS.md. PART=host,verify measures those alone, SIGNING=0ms/50KB,300ms/3MB
# of those rounds, CONTESTANTS=floor,relay has only those sign, ROUNDS=n takes so many turns.
bench: build deps
	bash scripts/bench.sh
	go -C tools/bench build -o ../../bin/bench .
	./bin/bench -root . -only '$(PART)' -signing '$(SIGNING)' -contestants '$(CONTESTANTS)' -rounds '$(or $(ROUNDS),0)'

lint: lint-go lint-extension

# With the race detector, as the tests: what is compiled for the one serves the other. GOGC: the compiler needn't save memory.
lint-go: export CGO_ENABLED := 1
lint-go: export GOGC := 800
lint-go: bin/staticcheck
	@unformatted=$$(gofmt -l $(GOCODE)); test -z "$$unformatted" || { echo "make fmt would change:"; echo "$$unformatted"; exit 1; }
	go vet -race ./...
	GOFLAGS=-race bin/staticcheck ./...
	go -C tools/bench vet -race . # the peers in it would fetch modules of their own

lint-extension: extension/node_modules/.package-lock.json
	cd extension && npm run --silent lint

fmt:
	gofmt -w $(GOCODE)

bin/staticcheck: tools/go.mod tools/go.sum
	GOGC=800 go -C tools build -o ../$@ honnef.co/go/tools/cmd/staticcheck

# Does it still compile for the systems that dist is for? linux/amd64 is what everything else here is, and darwin/amd64 has no code that
# darwin/arm64 hasn't. What comes out is thrown away, so nothing is optimised, the program isn't linked, nothing is there for a debugger, and
# the compiler needn't save memory: half as much to wait for.
cross:
	@set -e; export GOGC=800 CGO_ENABLED=0; for target in $(filter-out linux-amd64 darwin-amd64,$(TARGETS)); do \
		echo "go build for $$target"; GOOS=$${target%-*} GOARCH=$${target#*-} \
			go build -gcflags 'all=-N -l -dwarf=false' ./host/command; done; \
	GOOS=windows go test -vet=off -c -gcflags 'all=-N -l -dwarf=false' -ldflags '-s -w' -o /dev/null ./installer

# What is given to people, in dist/: the same to the byte wherever it's made, from the same commit by the same Go.
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
dist: extension bin/nfpm
	rm -rf dist
	$(MAKE) $(TARGETS:%=program-%)
	go run ./installer/dist -targets '$(TARGETS)'

program-%:
	CGO_ENABLED=0 GOOS=$(firstword $(subst -, ,$*)) GOARCH=$(lastword $(subst -, ,$*)) go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o dist/build/$*/ ./host/cmdsign

bin/nfpm: tools/nfpm/go.mod tools/nfpm/go.sum
	go -C tools/nfpm build -o ../../$@ github.com/goreleaser/nfpm/v2/cmd/nfpm

# The deb in a bare Debian: signs in both browsers, and leaves nothing behind. As root; it brings its own Debian.
test-package:
	$(MAKE) dist TARGETS=linux-$(shell go env GOARCH)
	bash scripts/test-package.sh

fuzz:
	bash scripts/fuzz.sh $(FUZZTIME)

demo: build
	@bash scripts/deps.sh demo
	./bin/cmdsign demo --extension extension/dist/chromium

deps:
	@bash scripts/deps.sh test

clean:
	rm -rf bin dist extension/dist extension/node_modules
