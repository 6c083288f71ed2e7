# SPDX-License-Identifier: MIT
#
# weir's build: plain GNU make. `make help` lists the targets.
#
#   build/obj     the library, the tool, the bench        build/debug    the same and the tests, -DWEIR_DEBUG
#   build/peers   what weir is compared with              build/examples what users may begin from
#   build/fuzz    fuzzers, replays, seeds, what was found  build/asan ... the whole again, other flags (BUILD=)
#
# Files are found by wildcard: a new .c in its folder is built, a new tests/test_*.c is run, a new fuzz/fuzz_NAME.c is
# fuzzed and replayed, with what fuzz/seeds_NAME.c sows, fuzz/corpus/NAME keeps, fuzz/fuzz_NAME.dict and .options say.
# CC, CFLAGS, CPPFLAGS and LDFLAGS are yours: they come last on the command line, so they win.

# All cores unless you say -jN; a make called from here shares its caller's jobs.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2) --no-builtin-rules --no-print-directory
endif

BUILD ?= build
ifeq ($(origin CC),default)
CC := $(or $(shell command -v gcc 2>/dev/null),$(shell command -v clang 2>/dev/null),cc)
endif
FUZZ_CC ?= clang
FUZZ_LINK ?= $(FUZZ_CC)
FUZZ_ENGINE ?= -fsanitize=fuzzer

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
INSTALL ?= install

DEMO_SCENARIO ?= loss
DEMO_SCALE ?= 0.01
FUZZ_SECONDS ?= 600
FUZZ_SMOKE_SECONDS ?= 180
FUZZ_JOBS ?= $(TEST_JOBS)
PEER_RUNS ?= bulk/0.3 loss/0.3 incident/0.1 many/0.1 syn-flood/0.02 reorder/0.2 tiny-random/0.03
REPORT_README := incident cost_short
PEER_OPTIONS ?= --repeat 3 --time-limit 15s
REPLAY_INPUTS ?= 2000
REPLAY_SEED ?= 1
TEST_SECONDS ?= 280
SANITIZER_SECONDS ?= 900
SOAK_SCALE ?= 0.1
TEST_JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# The version is written once, in the public header.
VERSION := $(shell sed -n 's/^\#define WEIR_VERSION *"\(.*\)"/\1/p' include/weir/weir.h)
SONAME := libweir.so.$(firstword $(subst ., ,$(VERSION)))

# Tests find the programs they run below $WEIR_BUILD, the checks also want the compiler.
export WEIR_BUILD := $(BUILD)
export CC

# ------------------------------------------------------------------------------------------- flags

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wundef -Wcast-qual $(if $(filter 1,$(WERROR)),-Werror)
DEBUG_FLAGS ?= -DWEIR_DEBUG
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Comparisons are traced where input is compared with constants: in lenses, readers and fuzzers. Elsewhere they tell
# nothing, and would take half of the time.
FUZZ_COVER := -fsanitize=fuzzer-no-link -fsanitize-coverage-ignorelist=fuzz/oracles.txt
FUZZ_COVER_BLIND := -fno-sanitize-coverage=trace-cmp
fuzz_cover = $(FUZZ_COVER) $(if $(filter src/lenses/% tools/% fuzz/%,$(1)),,$(FUZZ_COVER_BLIND))

BASE_FLAGS := -std=c11 -O2 -g -pthread $(WARNINGS) -Iinclude
LINK_FLAGS := -pthread -Wl,--as-needed
SHARED_FLAGS := -shared -Wl,-soname,$(SONAME) -Wl,--no-undefined

# What each folder is compiled with. The library says itself, file by file, what it wants beyond C11.
# Its objects are position independent in the archive too: one compilation, and the archive can go
# into anybody's shared object. The tool sees the public headers alone: it proves that they are enough.
# (-D_GNU_SOURCE= and not =1: the same as a plain #define of it in a file.)
SEE_ALL := -D_GNU_SOURCE= -I. -Isrc -Ibench -Itools -Itests -Ifuzz
FLAGS_src := -fPIC -fvisibility=hidden -Isrc
FLAGS_tools := -D_GNU_SOURCE= -Itools
FLAGS_bench := -D_GNU_SOURCE= -Ibench -Itools -Isrc
FLAGS_tests := $(SEE_ALL)
FLAGS_fuzz := $(SEE_ALL)
# As the compiler comes: that is how they will be copied.
FLAGS_examples = -std=gnu11 $(LLHTTP_INCLUDE)

# ------------------------------------------------------------------------------------------- files

LIB_SRC := $(sort $(wildcard src/*/*.c))
# Off the usual packet's path: compiled for size, so that the library stays below what tests/checks/symbols.sh allows.
SMALL_SRC := $(addprefix src/,$(patsubst %,house/%.c,check clock handle names pressure settings timeouts) \
             $(patsubst %,lenses/%.c,datagram decode gre link link_type network overlap serial shard tunnel wifi wrap) \
             $(patsubst %,hold/%.c,absorb clash contest gap put receiver) \
             $(patsubst %,rooms/%.c,admit dispute edge control far fin fragments keep late memo parcel paws recent reset syn tail tally urgent worth) \
             $(patsubst %,stores/%.c,bitmap pages pool pool_plan pool_report pool_return pool_scratch pool_supply) src/ground/platform.c)
TOOL_SRC := $(sort $(wildcard tools/*.c))
BENCH_SRC := $(sort $(wildcard bench/*.c))
TEST_SRC := $(sort $(wildcard tests/test_*.c))
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
FAKE_SRC := $(sort $(wildcard tests/support/fake_*.c))
HELPER_SRC := $(filter-out $(FAKE_SRC),$(sort $(wildcard tests/support/*.c bench/traffic*.c bench/adversary*.c)))
# Rooms of the bench that tests look into.
BENCH_ROOMS := apart compare conditions csv drive fields floor gate histogram hot json json_read latency load measure \
               peer_captured peer_csv peer_judge peer_run peer_table peer_timeline peer_yardstick race result \
               slower truth watch
BENCH_ROOM_SRC := $(sort $(wildcard $(BENCH_ROOMS:%=bench/%.c)))
SEED_SRC := $(sort $(wildcard fuzz/seeds_*.c))
FUZZ_HELPER_SRC := $(filter-out $(FUZZ_SRC) $(SEED_SRC) fuzz/replay.c,$(sort $(wildcard fuzz/*.c)))
FUZZ_TOOL_SRC := $(filter-out tools/weir.c,$(TOOL_SRC))
CHECKS := $(sort $(wildcard tests/checks/*.sh))
# A data race needs threads: the tests that make some are those that include a thread header.
THREAD_SRC := $(if $(TEST_SRC),$(shell grep -lE '<(pthread|threads)\.h>' $(TEST_SRC)))
# A fake has the names of a room of the library and stands in for it, so it is offered only to programs that want it:
# those that include support/fake_*.h, or a helper that does.
FAKE_NAMES := $(if $(FAKE_SRC),$(basename $(notdir $(shell grep -l '"support/fake_' $(HELPER_SRC) $(FAKE_SRC)))))
FAKED_SRC := $(if $(FAKE_SRC),$(shell grep -l $(foreach n,$(FAKE_NAMES),-e 'support/$(n).h"') \
             $(TEST_SRC) $(FUZZ_SRC) /dev/null))
MAN_PAGES := $(sort $(wildcard man/*.[1-8]))

# What weir is compared with, each a program of its own; those whose library is not installed are left out, and said
# to be. GOPATH mode, because Debian's Go packages are sources below /usr/share/gocode.
PEER_OWN := floor_pcap peer_weir
PEER_NIDS := $(if $(wildcard /usr/include/nids.h),peer_libnids)
PEER_TINS := $(if $(wildcard /usr/include/tins/tins.h),peer_libtins)
PEER_GO := $(if $(wildcard /usr/bin/go),$(if $(wildcard /usr/share/gocode/src/github.com/google/gopacket/pcap/pcap.go),\
           peer_reassembly peer_tcpassembly))
PEER_ALL := floor_pcap peer_weir peer_libnids peer_libtins peer_reassembly peer_tcpassembly peer_tcpflow peer_tshark
PEER_C := floor_pcap peer_weir peer_tcpflow peer_tshark $(PEER_NIDS)
PEER_HERE := $(PEER_C) $(PEER_TINS) $(PEER_GO)
GO_BUILD = GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE=$(abspath $(BUILD))/go go build

# What users may begin from. The agent's parser, llhttp, is a library, or, in Debian 12, sources to be compiled in; where
# there is neither, the agent is left out.
LLHTTP_SRC := $(if $(wildcard /usr/include/llhttp.h),,$(wildcard /usr/share/llhttp/*.c))
LLHTTP_INCLUDE := $(if $(LLHTTP_SRC),-isystem /usr/share/include/llhttp)
LLHTTP_LIB := $(if $(LLHTTP_SRC),,-lllhttp)
AGENT_SRC := $(sort $(wildcard examples/agent/*.c))
EXAMPLES := $(BUILD)/examples/minimal $(BUILD)/examples/grep \
            $(if $(LLHTTP_SRC)$(wildcard /usr/include/llhttp.h),$(BUILD)/examples/agent)

RELEASE = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
DEBUG = $(patsubst %.c,$(BUILD)/debug/%.o,$(1))
FUZZ = $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(1))

PROGRAMS := $(if $(TOOL_SRC),$(BUILD)/weir) $(if $(BENCH_SRC),$(BUILD)/weir-bench)
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))
THREAD_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(THREAD_SRC))
FUZZ_NAMES := $(patsubst fuzz/fuzz_%.c,%,$(FUZZ_SRC))
FUZZERS := $(addprefix $(BUILD)/fuzz/fuzz_,$(FUZZ_NAMES))
REPLAYS := $(addprefix $(BUILD)/fuzz/replay_,$(FUZZ_NAMES))
SEEDERS := $(patsubst fuzz/%.c,$(BUILD)/fuzz/%,$(SEED_SRC))
SEEDS := $(patsubst fuzz/seeds_%.c,$(BUILD)/fuzz/seeds/%.done,$(SEED_SRC))

# What tests/checks/run gets: NAME:COMMAND, one word each for the shell.
seeds = $(if $(wildcard fuzz/seeds_$(1).c),$(BUILD)/fuzz/seeds/$(1))
RUN_FUZZER := fuzz/run -b $(BUILD)/fuzz
RUN := tests/checks/run -l $(BUILD)/log
RUN_TESTS = $(foreach t,$(1),'$(notdir $(t)):$(strip $(RUN_WITH) $(t))')
RUN_CHECKS = $(foreach c,$(CHECKS),'check_$(basename $(notdir $(c))):$(c)')
RUN_REPLAYS = $(foreach n,$(FUZZ_NAMES),'replay_$(n):$(strip $(RUN_WITH) $(BUILD)/fuzz/replay_$(n)) \
              -n $(REPLAY_INPUTS) -s $(REPLAY_SEED) $(call seeds,$(n)) $(wildcard fuzz/corpus/$(n))')
RUN_FUZZERS = $(foreach n,$(FUZZ_NAMES),'fuzz_$(n):$(RUN_FUZZER) -s $(FUZZ_SECONDS) fuzz $(n)')
RUN_MERGES = $(foreach n,$(FUZZ_NAMES),'merge_$(n):$(RUN_FUZZER) merge $(n)')

# ----------------------------------------------------------------------------------------- recipes

# Quiet unless V=1; silent with make -s.
SILENT := $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
Q := $(if $(filter 1,$(V)),,@)
ifeq ($(filter 1,$(V))$(SILENT),)
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# Flags by the first folder of the source's path; $(1) compiler, $(2) flags of the flavour.
define compile
$(call say,CC,$@)
$(Q)mkdir -p $(@D)
$(Q)$(1) $(BASE_FLAGS) $(FLAGS_$(firstword $(subst /, ,$<))) $(if $(filter $<,$(SMALL_SRC)),-Os) $(2) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
endef

# q, not r: two folders may each have a file of the same name.
define archive
$(call say,AR,$@)
$(Q)mkdir -p $(@D)
$(Q)rm -f $@ && $(AR) qcs $@ $(filter %.o,$^)
endef

# $(1) compiler, $(2) flags of the flavour, $(3) libraries. Helpers and fakes before the library: what they define, the
# linker does not look for there.
helpers = $(filter %/libfakes.a %/libhelpers.a %/libbench.a,$^)
define link
$(call say,LINK,$@)
$(Q)mkdir -p $(@D)
$(Q)$(1) $(LINK_FLAGS) $(2) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
    -Wl,--start-group $(helpers) -Wl,--end-group $(filter-out $(helpers),$(filter %.a,$^)) $(3)
endef

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps deps-fuzz demo demo-run test check test-run refusal refusal-run asan msan tsan valgrind coverage coverage-run analyze \
        variant variant-core variant-threads variant-valgrind oss-fuzz fuzz examples \
        fuzz-smoke fuzz-merge fuzz-seeds fuzz-run fuzz-merge-run fuzzers tests replays seeds adversary soak honest live-incident peers bench-peers bench-peers-run bench bench-full bench-report bench-report-readme lint format install uninstall clean help FORCE

all: $(BUILD)/libweir.a $(BUILD)/libweir.so $(PROGRAMS) ## the library, weir and weir-bench (default)
tests: $(TESTS)
replays: $(REPLAYS) $(SEEDS)
seeds: $(SEEDS)
fuzzers: $(FUZZERS)

# Rewritten only when what they say changes: other flags compile anew, other files link anew.
$(BUILD)/flags: export STAMP = $(CC) $(SMALL_SRC) $(FUZZ_CC) $(FUZZ_LINK) $(FUZZ_ENGINE) $(BASE_FLAGS) $(FLAGS_src) $(FLAGS_tools) $(FLAGS_bench) \
    $(SEE_ALL) $(DEBUG_FLAGS) $(SANITIZE_FLAGS) $(FUZZ_FLAGS) $(FUZZ_COVER) $(FUZZ_COVER_BLIND) $(LINK_FLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/files: export STAMP = $(LIB_SRC) $(TOOL_SRC) $(BENCH_SRC) $(BENCH_ROOM_SRC) $(HELPER_SRC) $(FAKE_SRC) $(FUZZ_HELPER_SRC) $(SEED_SRC) $(AGENT_SRC) $(LLHTTP_SRC)
$(BUILD)/flags $(BUILD)/files: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$STAMP" | cmp -s - $@ || printf '%s\n' "$$STAMP" > $@

# What weir-bench says it was built from (bench/build_facts.h): a new commit compiles this alone, and links.
FACT_COMMIT = $(shell [ "$$(git rev-parse --show-toplevel 2>/dev/null)" = "$$(pwd -P)" ] && \
    git describe --always --abbrev=12 --exclude='*' --dirty 2>/dev/null || echo unknown)
FACT_FLAGS = $(filter-out $(WARNINGS) -I%,$(BASE_FLAGS) $(FLAGS_src) $(SANITIZE_FLAGS) $(CPPFLAGS) $(CFLAGS))
define FACTS
#include "bench/build_facts.h"
#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif
#ifdef WEIR_DEBUG
#define TYPE "debug"
#else
#define TYPE "release"
#endif
const build_facts build_facts_own = {"$(FACT_COMMIT)", COMPILER, "$(subst ",\",$(subst \,\\,$(FACT_FLAGS)))", TYPE};
endef
$(BUILD)/facts.c: export FACTS_TEXT = $(FACTS)
$(BUILD)/facts.c: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FACTS_TEXT" | cmp -s - $@ || printf '%s\n' "$$FACTS_TEXT" > $@
$(BUILD)/facts.o: $(BUILD)/facts.c bench/build_facts.h $(BUILD)/flags
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE_FLAGS) $(SANITIZE_FLAGS) $(CPPFLAGS) $(CFLAGS) -I. -c -o $@ $<

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(call compile,$(CC),$(SANITIZE_FLAGS))
$(BUILD)/debug/%.o: %.c $(BUILD)/flags
	$(call compile,$(CC),$(DEBUG_FLAGS) $(SANITIZE_FLAGS))
$(BUILD)/fuzz/obj/%.o: %.c $(BUILD)/flags
	$(call compile,$(FUZZ_CC),-DWEIR_DEBUG $(call fuzz_cover,$<) $(FUZZ_FLAGS))

$(BUILD)/libweir.a: $(call RELEASE,$(LIB_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/debug/libweir.a: $(call DEBUG,$(LIB_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/fuzz/obj/libweir.a: $(call FUZZ,$(LIB_SRC)) $(BUILD)/files
	$(archive)
# Files that others may use: of an archive the linker takes only what is called.
$(BUILD)/obj/libtools.a: $(call RELEASE,$(TOOL_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/debug/libtools.a: $(call DEBUG,$(TOOL_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/fuzz/obj/libtools.a: $(call FUZZ,$(FUZZ_TOOL_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/debug/libhelpers.a: $(call DEBUG,$(FUZZ_HELPER_SRC) $(HELPER_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/fuzz/obj/libhelpers.a: $(call FUZZ,$(FUZZ_HELPER_SRC) $(HELPER_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/debug/libbench.a: $(call DEBUG,$(BENCH_ROOM_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/debug/libfakes.a: $(call DEBUG,$(FAKE_SRC)) $(BUILD)/files
	$(archive)
$(BUILD)/fuzz/obj/libfakes.a: $(call FUZZ,$(FAKE_SRC)) $(BUILD)/files
	$(archive)
$(patsubst tests/%.c,$(BUILD)/tests/%,$(filter tests/%,$(FAKED_SRC))): $(BUILD)/debug/libfakes.a
$(patsubst fuzz/fuzz_%.c,$(BUILD)/fuzz/replay_%,$(filter fuzz/%,$(FAKED_SRC))): $(BUILD)/debug/libfakes.a
$(patsubst fuzz/fuzz_%.c,$(BUILD)/fuzz/fuzz_%,$(filter fuzz/%,$(FAKED_SRC))): $(BUILD)/fuzz/obj/libfakes.a

# libc alone; the second name lets programs linked against it run from here.
$(BUILD)/libweir.so: $(call RELEASE,$(LIB_SRC)) $(BUILD)/files
	$(call link,$(CC),$(SHARED_FLAGS) $(SANITIZE_FLAGS),)
	$(Q)ln -sf $(@F) $(BUILD)/$(SONAME)

$(BUILD)/weir: $(call RELEASE,$(TOOL_SRC)) $(BUILD)/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-lpcap -lmd -lm)
$(BUILD)/weir-bench: $(call RELEASE,$(BENCH_SRC)) $(BUILD)/facts.o $(BUILD)/obj/libtools.a $(BUILD)/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-ljansson -lpcap -lmd -lm)
$(BUILD)/tests/test_examples $(BUILD)/tests/test_examples_live: | $(EXAMPLES)
$(BUILD)/examples/agent: $(call RELEASE,$(AGENT_SRC)) $(LLHTTP_SRC:/usr/share/%.c=$(BUILD)/obj/%.o) $(BUILD)/libweir.a $(BUILD)/files
	$(call link,$(CC),$(SANITIZE_FLAGS),-lpcap $(LLHTTP_LIB))
$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-lpcap)
# Others' code, with their warnings.
$(BUILD)/obj/llhttp/%.o: /usr/share/llhttp/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -O2 -g $(LLHTTP_INCLUDE) $(SANITIZE_FLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/tests/test_peer_run: | $(addprefix $(BUILD)/peers/,$(PEER_OWN))
$(BUILD)/peers/%: $(BUILD)/obj/bench/peers/%.o $(BUILD)/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),$(if $(filter %nids,$@),-lnids) -lpcap)
$(BUILD)/peers/peer_libtins: bench/peers/peer_libtins.cpp $(wildcard bench/peers/*.h) bench/touch.h
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D) && $(CXX) -std=c++17 -O2 -g -Wall -Wextra $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) -o $@ $< -ltins -lpcap
$(addprefix $(BUILD)/peers/,peer_reassembly peer_tcpassembly): $(BUILD)/peers/%: bench/peers/%.go bench/peers/common.go
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D) && $(GO_BUILD) -o $@ $^
$(BUILD)/tests/%: $(BUILD)/debug/tests/%.o $(BUILD)/debug/libhelpers.a $(BUILD)/debug/libbench.a \
                  $(BUILD)/debug/libtools.a $(BUILD)/debug/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-lcmocka -ljansson -lpcap -lmd -lz -lzstd -lm)
$(BUILD)/fuzz/replay_%: $(BUILD)/debug/fuzz/fuzz_%.o $(BUILD)/debug/fuzz/replay.o \
                        $(BUILD)/debug/libhelpers.a $(BUILD)/debug/libtools.a $(BUILD)/debug/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-lm)
$(BUILD)/fuzz/seeds_%: $(BUILD)/debug/fuzz/seeds_%.o $(BUILD)/debug/libhelpers.a $(BUILD)/debug/libtools.a \
                       $(BUILD)/debug/libweir.a
	$(call link,$(CC),$(SANITIZE_FLAGS),-lm)
$(BUILD)/fuzz/seeds/%.done: $(BUILD)/fuzz/seeds_%
	$(call say,SOW,$(@:.done=))
	$(Q)rm -rf $(@:.done=) && mkdir -p $(@:.done=) && $< $(@:.done=) && touch $@
# FUZZ_LINK and FUZZ_ENGINE: others' engines come as a library that may be C++.
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/obj/fuzz/fuzz_%.o $(BUILD)/fuzz/obj/libhelpers.a \
                      $(BUILD)/fuzz/obj/libtools.a $(BUILD)/fuzz/obj/libweir.a
	$(call link,$(FUZZ_LINK),$(FUZZ_FLAGS),$(FUZZ_ENGINE) -lm)

# ----------------------------------------------------------------------------------------- targets
# deps comes before what it provides, also with -j: hence a second make.

deps: ## install what is missing (Debian), or say what it is
	@.ci/deps
deps-fuzz:
	@.ci/deps fuzz

demo: deps ## make a small capture that lost packets, and reassemble it
	@$(MAKE) demo-run
demo-run: all
	$(BUILD)/weir-bench gen $(DEMO_SCENARIO) --scale $(DEMO_SCALE) -o $(BUILD)/demo.pcap
	$(BUILD)/weir run -r $(BUILD)/demo.pcap

test check: deps ## build all, run tests, checks and fuzz replays
	@$(MAKE) test-run
test-run: all tests replays
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(TESTS)) $(RUN_CHECKS) $(RUN_REPLAYS)

# abort, so that a replay can still say which input it was.
asan: export ASAN_OPTIONS = abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
asan: export UBSAN_OPTIONS = abort_on_error=1:print_stacktrace=1
asan: deps ## tests and replays with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) variant BUILD=$(BUILD)/asan SANITIZE=address,undefined WERROR= TEST_SECONDS=$(SANITIZER_SECONDS)
variant: $(PROGRAMS) tests replays
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(TESTS)) $(RUN_REPLAYS)

# setarch -R, where it is allowed: ThreadSanitizer cannot start at some of the addresses that newer kernels draw.
tsan: export TSAN_OPTIONS = halt_on_error=1:second_deadlock_stack=1
tsan: deps ## tests that make threads, with ThreadSanitizer
	@$(MAKE) variant-threads BUILD=$(BUILD)/tsan SANITIZE=thread WERROR= TEST_SECONDS=$(SANITIZER_SECONDS) \
	    RUN_WITH="$$(setarch -R true 2>/dev/null && echo setarch -R)"
variant-threads: $(THREAD_TESTS)
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(THREAD_TESTS))

refusal: deps ## the refusal sweep with every single call (make test: every third)
	@$(MAKE) refusal-run
refusal-run: export WEIR_SWEEP_STEP = 1
refusal-run: $(BUILD)/tests/test_sweep
	@$(RUN) -t $(SANITIZER_SECONDS) $(call RUN_TESTS,$<)

# What libc and cmocka do is not instrumented: tests whose verdict hangs on what another library wrote are left out.
MSAN_OUT := $(if $(TEST_SRC),$(shell grep -lE 'support/tool\.h|weir_pcap\.h|<(pcap|sha1|md5|jansson)|bench/(json|compare|peer_yardstick)\.h' $(TEST_SRC)))
MSAN_TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out $(MSAN_OUT),$(TEST_SRC)))
msan: export MSAN_OPTIONS = abort_on_error=1
msan: deps-fuzz ## tests and replays of what needs libc alone, with MemorySanitizer (clang)
	@$(MAKE) variant-core BUILD=$(BUILD)/msan CC=$(FUZZ_CC) SANITIZE=memory WERROR= TEST_SECONDS=$(SANITIZER_SECONDS)
variant-core: $(MSAN_TESTS) $(REPLAYS) $(SEEDS)
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(MSAN_TESTS)) $(RUN_REPLAYS)

# Thirty times slower: what is left out are programs that take more than some seconds without it; and peer_run, because
# a posix_spawn that fails succeeds there (valgrind makes a fork of it).
VALGRIND := valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite --partial-loads-ok=no
VALGRIND_OUT := $(patsubst %,tests/test_%.c,adversary bench_program cat corpus engine_model hold live live_threads peer_run pool_model pool_threads refusal resident \
    threads tools traffic)
VALGRIND_TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out $(VALGRIND_OUT),$(TEST_SRC)))
valgrind: ## short tests and replays under valgrind's memcheck
	@.ci/deps valgrind
	@$(MAKE) variant-valgrind RUN_WITH='$(VALGRIND)' REPLAY_INPUTS=200 TEST_SECONDS=$(SANITIZER_SECONDS)
variant-valgrind: $(PROGRAMS) $(VALGRIND_TESTS) $(REPLAYS) $(SEEDS)
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(VALGRIND_TESTS)) $(RUN_REPLAYS)

# Without the assertions of debug builds: a branch that cannot be taken is none to be tested.
coverage: ## lines and branches of src/ that tests and replays reach, to build/coverage (gcovr)
	@.ci/deps coverage
	@$(MAKE) coverage-run BUILD=$(BUILD)/coverage CC=gcc WERROR= DEBUG_FLAGS= TEST_SECONDS=$(SANITIZER_SECONDS) \
	    CFLAGS='-O1 --coverage -DWEIR_COVERAGE -fprofile-update=atomic -fprofile-abs-path'
coverage-run: $(PROGRAMS) tests replays
	@find $(BUILD) -name '*.gcda' -delete
	@$(RUN) -j $(TEST_JOBS) -t $(TEST_SECONDS) $(call RUN_TESTS,$(TESTS)) $(RUN_REPLAYS); status=$$?; \
	    tests/checks/coverage $(BUILD) && exit $$status

analyze: ## gcc's analyzer, clang-tidy and cppcheck over all C files
	@.ci/deps analyze
	+@tests/checks/analyze

fuzz: deps-fuzz ## each fuzzer for FUZZ_SECONDS=600; what it finds stays in build/fuzz/found
	@$(MAKE) fuzz-run
# The seconds are shared out: however many fuzzers there are, it takes as long.
fuzz-smoke: deps-fuzz ## all fuzzers together for FUZZ_SMOKE_SECONDS=180
	@$(MAKE) fuzz-run FUZZ_SECONDS=$$(($(FUZZ_SMOKE_SECONDS) * $(FUZZ_JOBS) / $(words $(FUZZ_NAMES))))
fuzz-run: fuzzers seeds
	@$(RUN) -j $(FUZZ_JOBS) -t $$(($(FUZZ_SECONDS) + 120)) $(RUN_FUZZERS); status=$$?; \
	    cat $(FUZZ_NAMES:%=$(BUILD)/fuzz/stats/%); exit $$status
fuzz-merge: deps-fuzz ## throw out of build/fuzz/found what adds nothing
	@$(MAKE) fuzz-merge-run
fuzz-merge-run: fuzzers seeds
	@$(RUN) -j $(FUZZ_JOBS) -t 3600 $(RUN_MERGES)
fuzz-seeds: deps ## the generated seeds, to build/fuzz/seeds
	@$(MAKE) seeds

oss-fuzz: deps-fuzz ## fuzz/oss-fuzz/build.sh as OSS-Fuzz would run it
	@$(RUN) -t 900 'oss_fuzz:tests/checks/oss_fuzz'

# The table is also kept, for the report.
numbers = $(BUILD)/weir-bench numbers $(1) --json $(BUILD)/numbers.json
keep_numbers = { $(numbers); echo $$? > $(BUILD)/numbers.status; } | tee $(BUILD)/numbers.txt; exit $$(cat $(BUILD)/numbers.status)
bench: deps ## the table of numbers to hold: measured, wanted, met or not (some minutes)
	@$(MAKE) all
	@$(keep_numbers)
bench-full: deps ## the same with the scenarios in full
	@$(MAKE) all
	@$(call keep_numbers,--full)
bench-report: ## pictures and one page of them, to build/report/index.html: 5 minutes; REPORT_FULL=1 all sizes, 45 minutes
	@.ci/deps report
	@$(MAKE) peers
	@bench/report/report -b $(BUILD) -s $(if $(filter 1,$(REPORT_FULL)),full,short)
bench-report-readme: ## the two pictures that README shows, from the last report to doc/
	@mkdir -p doc
	@for p in $(REPORT_README); do cp $(BUILD)/report/$$p.png doc/$$p.png || exit; done
adversary: all ## hostile traffic against the engine: instructions, time, memory; a line a family
	@.ci/deps valgrind
	@$(BUILD)/weir-bench adversary

examples: $(EXAMPLES) ## examples/, to build/examples; the agent where llhttp is installed (Debian: node-llhttp)
	@$(if $(filter %/agent,$(EXAMPLES)),,echo "examples: the agent is left out, llhttp is not installed; make deps installs it")

soak: all ## SOAK_SCALE=0.1 of a day of short connections, 1,000,000 an hour: memory at start, middle, end
	@bench/soak -b $(BUILD) -s $(SOAK_SCALE)

live-incident: all ## weir run on a veth pair that loses packets: resident memory over time (root or user namespaces)
	@bench/live_incident

honest: all ## honest connections beside hostile traffic at the pool's limit: how many stay whole
	@$(BUILD)/weir-bench honest

bench-peers: ## weir beside other reassemblers, which are installed: a table for each of PEER_RUNS, 15 minutes
	@.ci/deps peers
	@$(MAKE) bench-peers-run
bench-peers-run: peers
	@for run in $(PEER_RUNS); do $(BUILD)/weir-bench peers --gen $${run%/*} --scale $${run#*/} $(PEER_OPTIONS) \
	    --json $(BUILD)/peers-$${run%/*}.json || exit; echo; done

peers: all $(addprefix $(BUILD)/peers/,$(PEER_HERE)) ## the programs that weir is compared with, as far as their libraries are installed
	@for p in $(filter-out $(PEER_HERE),$(PEER_ALL)); do \
	    echo "peers: $$p is left out, its library is not installed; make bench-peers installs it"; done

lint: ## format, clang-tidy, cppcheck, shellcheck where installed, and a build with -Werror
	+@tests/checks/lint

format: ## clang-format all C files in place
	@clang-format -i $(wildcard include/weir/*.h src/*/*.[ch] tools/*.[ch] bench/*.[ch] tests/*.[ch] \
	    tests/support/*.[ch] fuzz/*.[ch] examples/*.c examples/agent/*.[ch])

install: all ## to PREFIX=/usr/local; also DESTDIR, LIBDIR, INCLUDEDIR, BINDIR, MANDIR
	@$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(PKGCONFIGDIR)' \
	    '$(DESTDIR)$(INCLUDEDIR)/weir'
	$(Q)$(INSTALL) -m 644 include/weir/*.h '$(DESTDIR)$(INCLUDEDIR)/weir/'
	$(Q)$(INSTALL) -m 644 $(BUILD)/libweir.a '$(DESTDIR)$(LIBDIR)/'
	$(Q)$(INSTALL) -m 755 $(BUILD)/libweir.so '$(DESTDIR)$(LIBDIR)/libweir.so.$(VERSION)'
	$(Q)ln -sf libweir.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	$(Q)ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libweir.so'
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' weir.pc.in > '$(DESTDIR)$(PKGCONFIGDIR)/weir.pc'
	$(Q)for p in $(PROGRAMS); do $(INSTALL) -m 755 $$p '$(DESTDIR)$(BINDIR)/' || exit 1; done
	$(Q)for m in $(MAN_PAGES); do d='$(DESTDIR)$(MANDIR)'/man$${m##*.}; \
	    $(INSTALL) -d "$$d" && $(INSTALL) -m 644 $$m "$$d/" || exit 1; done
	@echo "installed weir $(VERSION) to $(DESTDIR)$(PREFIX)$(if $(DESTDIR),,; run ldconfig if the linker does not find it)"

uninstall: ## remove what install put there
	$(Q)rm -f $(foreach h,$(wildcard include/weir/*.h),'$(DESTDIR)$(INCLUDEDIR)/weir/$(notdir $(h))') \
	    '$(DESTDIR)$(LIBDIR)/libweir.a' '$(DESTDIR)$(LIBDIR)/libweir.so' '$(DESTDIR)$(LIBDIR)/$(SONAME)' \
	    '$(DESTDIR)$(LIBDIR)/libweir.so.$(VERSION)' '$(DESTDIR)$(PKGCONFIGDIR)/weir.pc' \
	    '$(DESTDIR)$(BINDIR)/weir' '$(DESTDIR)$(BINDIR)/weir-bench' \
	    $(foreach m,$(MAN_PAGES),'$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))')
	$(Q)rmdir '$(DESTDIR)$(INCLUDEDIR)/weir' 2>/dev/null || true

clean: ## remove BUILD=build
	$(Q)rm -rf -- '$(BUILD)'

help: ## this list
	@sed -n 's/^\([a-z-]*\)\( [a-z-]*\)*:.*## \(.*\)/\1\2\t\3/p' Makefile | expand -t 16
	@echo "Variables: CC CFLAGS CPPFLAGS LDFLAGS, V=1 (show commands), WERROR=1, BUILD, PREFIX, DESTDIR, FUZZ_SECONDS, FUZZ_JOBS"

-include $(patsubst %.o,%.d,$(call RELEASE,$(LIB_SRC) $(TOOL_SRC) $(BENCH_SRC) $(PEER_C:%=bench/peers/%.c) $(AGENT_SRC) examples/minimal.c examples/grep.c) \
    $(call DEBUG,$(LIB_SRC) $(TOOL_SRC) $(TEST_SRC) $(BENCH_ROOM_SRC) $(HELPER_SRC) $(FAKE_SRC) $(FUZZ_SRC) \
    $(FUZZ_HELPER_SRC) $(SEED_SRC) fuzz/replay.c) \
    $(call FUZZ,$(LIB_SRC) $(FUZZ_TOOL_SRC) $(HELPER_SRC) $(FAKE_SRC) $(FUZZ_SRC) $(FUZZ_HELPER_SRC)))
