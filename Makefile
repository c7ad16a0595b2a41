# The front door. `make help` lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CARGO ?= cargo
# A newer Node.js of our own, where the system's is too old (see build-needs).
NODE_ARCH := $(if $(filter aarch64,$(shell uname -m)),arm64,x64)
OWN_NODE := $(CURDIR)/target/node
# The last one is where rustup puts it, for shells that have not been told.
export PATH := $(OWN_NODE)/node_modules/node-linux-$(NODE_ARCH)/bin:$(PATH):$(HOME)/.cargo/bin
BIN := target/release/switchroom

.PHONY: help demo build test bench soak fuzz build-needs test-needs console

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build if need be, then start a demo contact centre on this computer
	@exec $(BIN) demo

build: build-needs console ## Build the program (the first time about ten minutes, later seconds)
	@[ -x $(BIN) ] || echo "Building Switchroom: the first time this takes about ten minutes on two cores."
	@$(CARGO) build --release --locked --quiet --bin switchroom

console: build-needs
	@cd agent-console && if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then \
	  echo "Installing the console's npm packages (half a minute)."; npm ci --no-audit --no-fund --loglevel=error; fi

# Installs the Debian packages of a list of command=package pairs whose command is missing, and says so.
define need
	@missing=""; for pair in $(1); do command=$${pair%%=*}; package=$${pair##*=}; \
	  command -v $$command >/dev/null || compgen -G "$$command" >/dev/null || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Please install these first (Debian's names):$$missing" >&2; exit 1; }; \
	  echo "Installing with apt-get (a minute or two):$$missing"; \
	  as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -qq >/dev/null; \
	  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

build-needs:
	$(call need,cc=build-essential cmake=cmake node=nodejs npm=npm)
	@command -v $(CARGO) >/dev/null || { echo "Rust is needed: https://rustup.rs" >&2; exit 1; }
	@major=$$(node --version | sed 's/^v\([0-9]*\).*/\1/'); [ "$$major" -ge 20 ] || { \
	  echo "Node.js 20 or newer is needed and this is $$(node --version): installing 22 below target/ with npm (half a minute)."; \
	  npm install --silent --no-audit --no-fund --prefix $(OWN_NODE) node-linux-$(NODE_ARCH)@22; }

test-needs: build-needs
	$(call need,sipp=sip-tester baresip=baresip-core chromium=chromium runuser=util-linux faketime=faketime espeak-ng=espeak-ng /usr/lib/postgresql/*/bin/initdb=postgresql)

test: test-needs console ## Format, lints, tidy and every test, with real SIP clients and a real browser
	@echo "Testing: about 35 minutes from nothing on two cores, about 15 with a warm target folder."
	$(CARGO) fmt --all --check
	cd agent-console && npm run --silent check && npm test --silent
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	$(CARGO) build --release --locked --workspace --all-targets
	target/release/xtask tidy
	@status=0; $(CARGO) test --release --locked --workspace --no-fail-fast 2>&1 | tee target/test.log || status=$$?; \
	awk '/^test result:/ { passed += $$4; failed += $$6; ignored += $$8 } \
	     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, ignored }' target/test.log; exit $$status

bench: build test-needs ## Print figures: CPU per call, per packet, per match, per parsed message; forecasts
	@$(CARGO) bench --quiet --locked --profile release -p sip -p acd -p media-io -p planning \
	  -p switchroom --bench parse --bench match --bench relay --bench browsers --bench simulate --bench expected_wait --bench calls

soak: build test-needs ## Long runs: random worlds and many cases of every property (an hour)
	SWITCHROOM_SOAK=1 PROPTEST_CASES=20000 $(CARGO) test --release --locked --workspace
	SWITCHROOM_BENCH=soak $(CARGO) bench --quiet --locked --profile release -p switchroom --bench calls

# libFuzzer's counters, as cargo-fuzz sets them; no sanitizer, as there is no unsafe code of ours. The target is named
# so that build scripts and procedural macros go without counters.
FUZZ_S ?= 60
FUZZ_HOST = $(shell rustc -vV | sed -n 's/^host: //p')
FUZZ_FLAGS = --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
FUZZ_TARGETS = sip sdp rtp digest websocket flow cti
FUZZ_SEEDS_sip = tests/corpora/sip/rfc4475 tests/corpora/sip/rfc5118
FUZZ_SEEDS_flow = config/flows config/demo config/demo/flows

fuzz: build-needs console ## Fuzz every parser, led by coverage: a minute each (FUZZ_S=600: ten)
	RUSTFLAGS="$(FUZZ_FLAGS)" $(CARGO) build --release --manifest-path fuzz/Cargo.toml \
	  --target $(FUZZ_HOST) --target-dir target/fuzz
	@$(foreach target,$(FUZZ_TARGETS),mkdir -p target/fuzz/found/$(target) && echo "fuzz $(target)" && \
	  target/fuzz/$(FUZZ_HOST)/release/$(target) -max_total_time=$(FUZZ_S) -timeout=10 -rss_limit_mb=2048 \
	  -print_final_stats=1 -verbosity=0 -artifact_prefix=target/fuzz/$(target)- target/fuzz/found/$(target) \
	  $(wildcard fuzz/seeds/$(target)) $(FUZZ_SEEDS_$(target)) &&) echo "fuzzed: $(FUZZ_TARGETS)"
