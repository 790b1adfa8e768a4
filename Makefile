# `make` lists the targets. Tools and caches of this file stand in .make/, which git ignores.

GO          ?= go
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TAGS        ?=
FUZZTIME    ?= 60s
SOAKTIME    ?= 10m
LINT        := .make/bin/golangci-lint-v2.15.0
WEBSDK      := .make/websdk/2.0.276
WEBSDK_SUM  := 48e7be07fcd513fa2a73442c1210612276ac5999772b75695f6bb7c39ef01af21ccec47c51ad3d0b4acc6afbcf439f0b302dd39e6fae64e075e42f7583809ba4

BUILD_PACKAGES := gcc libc6-dev pkg-config libgl1-mesa-dev xorg-dev \
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev libopus-dev \
  $(if $(filter g729,$(TAGS)),libbcg729-dev)
TEST_PACKAGES := ffmpeg nginx-light libnginx-mod-rtmp baresip baresip-core baresip-ffmpeg linphone-cli sip-tester \
  kamailio kamailio-extra-modules kamailio-tls-modules rtpengine-daemon pulseaudio pulseaudio-utils chromium xvfb \
  libgl1-mesa-dri xdotool x11-utils imagemagick tshark tcpdump nftables iproute2 jq multimon-ng

.DEFAULT_GOAL := help
.PHONY: help demo run build package test test-interop bench soak fuzz lint fmt build-tools test-tools go

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Fyne complains about a locale that names no language.
LOCALE := case "$${LC_ALL:-$$LANG}" in ''|C|C.*|POSIX) export LC_ALL=en_US.UTF-8;; esac

demo: build ## call the built-in phone and put it on air, in a window if there is a display
	@$(LOCALE); if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then exec bin/callcast --demo; else exec bin/callcast --demo --headless; fi

run: build ## start the console
	@$(LOCALE); exec bin/callcast

build: go build-tools ## bin/callcast; TAGS=g729 for one with G.729
	@[ -e bin/callcast ] || echo "Building Callcast. The first time this compiles the window toolkit too and takes a few minutes."
	$(GO) build -trimpath -tags '$(TAGS)' -ldflags '-X callcast/app.Version=$(VERSION)' -o bin/callcast .

package: build ## an archive of the program for this system in fyne-cross/dist
	@fyne-cross/linux.sh $(VERSION)

# The tests against real peers and in a real window come last and one package at a time: they measure time.
test: go build-tools test-tools ## format, vet and all tests with the race detector, real peers included
	@unformatted=$$(gofmt -l app assets gateway test ui main.go); [ -z "$$unformatted" ] || { \
	  echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; }
	all=$$($(GO) list ./...) && $(GO) test -race -vet=all -p 2 -timeout 10m $$(echo "$$all" | grep -v '/test/peers\|/test/interop\|/test/window\|/internal/sipua')
	$(GO) test -race -vet=all -p 1 -timeout 60m ./gateway/internal/sipua ./test/peers/... ./test/interop/... ./test/window

test-interop: go build-tools test-tools ## only the tests against real peers, with their log
	$(GO) test -count=1 -v -p 1 -timeout 60m ./test/interop/...

bench: go build-tools test-tools ## what calls cost, beside ffmpeg, and a viewer, on an otherwise idle machine
	$(GO) test -run '^$$' -bench . -benchmem -p 1 -timeout 10m ./gateway/...
	$(GO) run ./test/bench
	$(GO) run ./test/bench -viewers 20,50,100,200
	$(GO) run ./test/bench -talks 100

soak: go build-tools test-tools ## a call to a softphone, on air for SOAKTIME (10m)
	$(GO) test -count=1 -v -timeout 60m ./test/interop -run TestBaresipBehindKamailio -air $(SOAKTIME)

fuzz: go build-tools ## every fuzz target for FUZZTIME (60s)
	@grep -rHo '^func Fuzz[A-Za-z0-9]*' --include='*_test.go' app gateway | sed 's|/[^/]*:func | |' | sort | \
	while read -r package target; do \
	  echo "$$package $$target"; \
	  $(GO) test "./$$package" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) || exit 1; \
	done

lint: go build-tools $(LINT) ## golangci-lint
	$(LINT) run ./...

fmt: go $(LINT) ## format the code
	$(LINT) fmt ./...

$(LINT):
	GOBIN=$(CURDIR)/.make/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv .make/bin/golangci-lint $@

go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install version 1.26 or newer from https://go.dev/dl"; exit 1; }
	@$(GO) list -m >/dev/null || { echo "This Go is too old: install version 1.26 or newer from https://go.dev/dl"; exit 1; }

build-tools:
	@.ci/packages $(BUILD_PACKAGES)

test-tools: $(WEBSDK)
	@.ci/packages $(TEST_PACKAGES)

# The web SDK whose pages the tests drive, as its vendor packed it. Debian's npm is asked for only where there is none.
$(WEBSDK):
	@command -v npm >/dev/null || .ci/packages npm
	@rm -rf .make/websdk && mkdir -p .make/websdk/new
	cd .make/websdk/new && npm pack --silent @flashphoner/websdk@$(@F) >/dev/null
	@echo "$(WEBSDK_SUM)  $$(echo .make/websdk/new/*.tgz)" | sha512sum --check --quiet
	@tar -xzf .make/websdk/new/*.tgz -C .make/websdk/new && mv .make/websdk/new/package $@ && rm -r .make/websdk/new
