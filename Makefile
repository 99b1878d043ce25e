# Two commands are enough: "make demo" and "make test". Each installs what it
# needs on a Debian 12 machine that has git and Go.

GO       ?= go
BIN      := bin/xenvoy
LINT     := $(GO) run -modfile=tools/go.mod github.com/golangci/golangci-lint/v2/cmd/golangci-lint
PACKAGES := make gcc libc6-dev pkg-config libxen-dev qemu-system-x86 qemu-utils seabios ipxe-qemu mmdebstrap e2fsprogs zstd cpio openssh-client

.PHONY: deps build man demo test compat chaos matrix check unit lab lint generate fuzz clean

deps: ## Debian's packages and the Go modules; does nothing when all is there
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		root=; [ "$$(id -u)" = 0 ] || root=sudo; \
		$$root apt-get update -qq && \
		$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@$(GO) mod download

# bin/xenvoy runs anywhere; for what needs Xen's libraries it hands over to the build for
# the host's Xen, which lies beside it.
XEN ?=
build: deps ## bin/xenvoy, and bin/xenvoy-4.17 for hosts of libxen-dev's Xen; XEN=4.20 builds for those of 4.20 too
	CGO_ENABLED=0 $(GO) build -o $(BIN) ./cmd/xenvoy
	xen=$$(pkg-config --modversion xencontrol) && $(GO) build -o $(BIN)-$$(echo $$xen | cut -d. -f1-2) ./cmd/xenvoy
	$(if $(XEN),e=$$($(BIN) lab build-env --xen $(XEN)) && env $$e $(GO) build -o $(BIN)-$(XEN) ./cmd/xenvoy)

man: build ## man pages of all commands in bin/man
	$(BIN) docs man bin/man

demo: build ## two Xen hosts in QEMU, and an HVM guest that moves live between them
	PATH="$(CURDIR)/bin:$$PATH" integration/demo.sh

test: check unit lab ## everything; what .ci/run calls

check: deps ## format, vet, and the layer rules
	@bad=$$(gofmt -l cmd hvm integration migrate toolstack xen); [ -z "$$bad" ] || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet -tags lab,compat,chaos ./...
	$(LINT) run ./...

unit: deps ## tests that need no hypervisor, with the race and address sanitizers
	$(GO) test -timeout 5m -race ./...
	$(GO) test -timeout 5m -asan ./xen/...

lab: build ## tests on real Xen in QEMU
	$(GO) test -tags lab -p 1 -count=1 -timeout 80m -v ./integration/...

compat: build ## all of xl's commands, compared with xl itself on one host of the lab: docs/xl-compat.md
	$(GO) test -tags lab,compat -count=1 -timeout 40m -v -run TestCommandsOfXL ./integration/

chaos: build ## migrations broken at each step in each way on a pair of hosts: docs/chaos.md
	$(GO) test -tags lab,chaos -count=1 -timeout 180m -v -run TestChaos ./integration/

matrix: build ## streams of xl and the product, of both releases of Xen: every sender to every receiver
	$(GO) test -tags lab,chaos -count=1 -timeout 120m -v -run 'TestMatrix|TestStreams' ./integration/

lint: check

generate: deps ## write generated files anew
	$(GO) generate ./...

# Go would spend a minute making each new input smaller, and longer than FUZZTIME on streams.
FUZZTIME ?= 30s
fuzz: deps ## each decoder's fuzz target for FUZZTIME
	@for t in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$t/*_test.go | cut -c6-); do \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$t || exit 1; done; done

clean:
	rm -rf bin
