# Makefile - the only one. `make help` lists the targets.
#
# Non-recursive: make sees the whole graph, so -j works and nothing is built twice. A variant
# (release, asan, ...) is a set of flags and a folder below build/, so switching variants never
# mixes objects.

VARIANT    ?= release
B          := build/$(VARIANT)
PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/cleansmtp
DESTDIR    ?=
CC         ?= cc
VERSION    := $(shell cat VERSION)
-include config.mk                     # local choices; not in git

# ---- flags ------------------------------------------------------------------
IS_GCC := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),,yes)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla \
	-Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 \
	-Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -Wdate-time \
	$(if $(IS_GCC),-Wlogical-op -Wduplicated-cond -Wduplicated-branches \
	-Wformat-overflow=2 -Wformat-truncation=2 -Walloc-zero -Wtrampolines \
	-Warith-conversion -Wjump-misses-init)
HARDEN.x86_64  := -fcf-protection
HARDEN.aarch64 := -mbranch-protection=standard
# Without -ftrivial-auto-var-init=zero: gcc 12.2 with it loses data in a local struct whose initialiser
# calls functions that return structs (seen in a test of core/listing).
HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-common -fPIE \
	$(HARDEN.$(shell uname -m))
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed

FLAGS.release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(HARDEN)
LINK.release  := $(HARDEN_LD)
FLAGS.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
LINK.asan     := -fsanitize=address,undefined
FLAGS.tsan    := -O1 -g -fsanitize=thread
LINK.tsan     := -fsanitize=thread
FLAGS.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK.fuzz     := -fsanitize=fuzzer,address,undefined
FLAGS.cover   := -O0 -g --coverage
LINK.cover    := --coverage

PKG = $(shell pkg-config $(1))
# GMime's headers reach into glib's; only issuer/bounce/mime_gmime.c and its benchmark see them.
GMIME_CFLAGS := $(patsubst -I%,-isystem %,$(call PKG,--cflags gmime-3.0 2>/dev/null))
GMIME_LIBS   := $(call PKG,--libs gmime-3.0 2>/dev/null)

ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -I. -MMD -MP $(WARN) $(FLAGS.$(VARIANT)) $(WERROR) \
	$(CFLAGS) -DCLEANSMTP_VERSION='"$(VERSION)"' -DCLEANSMTP_LIBEXECDIR='"$(LIBEXECDIR)"' \
	-DCLEANSMTP_SHAREDIR='"$(PREFIX)/share/cleansmtp"'
ALL_LDFLAGS = $(LINK.$(VARIANT)) $(LDFLAGS)

# ---- what is built from what --------------------------------------------------
# An archive a layer; issuer/bounce and issuer/cli are programs of their own (see
# docs/architecture.md), so they are archives of their own.
LIBS       := base core db auth issuer bounce cli
src.base   := $(wildcard base/*.c)
src.core   := $(wildcard core/*.c)
src.db     := $(wildcard db/*.c)
src.auth   := $(filter-out %_main.c,$(wildcard auth/*.c))
src.bounce := $(filter-out %_main.c,$(wildcard issuer/bounce/*.c))
src.cli    := $(filter-out %_main.c,$(wildcard issuer/cli/*.c issuer/cli/*/*.c issuer/mtacheck/*.c))
src.issuer := $(filter-out %_main.c issuer/bounce/% issuer/cli/% issuer/mtacheck/%, \
	$(wildcard issuer/*.c issuer/*/*.c))

BIN := cleansmtpd cleansmtp-authd cleansmtp-checkpassword cleansmtp-bounce cleansmtp
main.cleansmtpd              := issuer/issuer_main.c
uses.cleansmtpd              := issuer db core base
libs.cleansmtpd              := -lmicrohttpd -lcurl -ljansson -lcares -lpsl -lqrencode -lsqlite3 -lsodium -lconfuse -lseccomp -lpthread
extra.cleansmtpd             := $(B)/gen/templates.o $(B)/gen/migrations.o $(B)/gen/zones.o $(B)/gen/manual.o $(B)/gen/openapi.o
main.cleansmtp-authd         := auth/authd_main.c
uses.cleansmtp-authd         := auth db core base
libs.cleansmtp-authd         := -levent_core -lsqlite3 -lsodium -lconfuse -lseccomp
extra.cleansmtp-authd        := $(B)/gen/migrations.o
# The helper starts anew for each login, and what a start costs is most of all glibc's: with the C library
# of musl-tools, where it is there, a fifth less (docs/decisions/small-libc.md). libc only, either way.
MUSL := $(if $(filter release,$(VARIANT)),$(if $(IS_GCC),$(patsubst %/rcrt1.o,%,$(wildcard /usr/lib/$(shell uname -m)-linux-musl/rcrt1.o))))
ifneq ($(MUSL),)
extra.cleansmtp-checkpassword := $(patsubst %,$(B)/musl/%.o,auth/checkpassword_main auth/checkpassword_record \
	base/error base/slice base/socket)
libs.cleansmtp-checkpassword := -static-pie -nostdlib $(MUSL)/rcrt1.o $(MUSL)/crti.o $(MUSL)/libc.a -lgcc $(MUSL)/crtn.o
$(B)/musl/%.o: CFLAGS += -specs $(MUSL)/musl-gcc.specs
else
main.cleansmtp-checkpassword := auth/checkpassword_main.c
uses.cleansmtp-checkpassword := auth base
libs.cleansmtp-checkpassword := $(if $(filter release,$(VARIANT)),-static-pie)
endif
main.cleansmtp-bounce        := issuer/bounce/bounce_main.c
uses.cleansmtp-bounce        := bounce core base
libs.cleansmtp-bounce        := $(GMIME_LIBS) -ljansson -lpcre2-8 -lseccomp -lsodium
extra.cleansmtp-bounce       := $(B)/gen/rules.o
main.cleansmtp               := issuer/cli/cli_main.c
uses.cleansmtp               := cli db core base
libs.cleansmtp               := -lcurl -lcrypto -ljansson -lsqlite3 -lsodium -lconfuse
extra.cleansmtp              := $(B)/gen/migrations.o

embed.templates  := $(sort $(wildcard templates/*/*))
root.templates   := templates
embed.migrations := $(sort $(wildcard db/migrations/sqlite/*.sql))
root.migrations  := db/migrations/sqlite
embed.rules      := $(sort $(wildcard issuer/bounce/*.tsv))
root.rules       := issuer/bounce
embed.zones      := issuer/dnsbl/zones.tsv
root.zones       := issuer/dnsbl
embed.manual     := $(B)/gen/options.tsv
root.manual      := $(B)/gen
embed.openapi    := issuer/api/openapi.json
root.openapi     := issuer/api

UNIT  := $(wildcard tests/unit/*/test_*.c)
FUZZ  := $(wildcard tests/fuzz/fuzz_*.c)
BENCH := $(wildcard tests/bench/bench_*.c)
SUPPORT := $(wildcard tests/support/*.c)
SUPPORT_ISSUER := $(wildcard tests/support/issuer/*.c)
E2E   := $(sort $(wildcard tests/integration/*.t tests/e2e/*.t))
BROWSER := $(sort $(wildcard tests/browser/*.t))
C_ALL := $(filter-out build/%,$(sort $(wildcard */*.[ch] */*/*.[ch] */*/*/*.[ch])))
H_ALL := $(wildcard base/*.h core/*.h db/*.h auth/*.h issuer/*.h issuer/*/*.h issuer/*/*/*.h tests/support/*.h \
	tests/support/issuer/*.h)
SH_ALL = $(shell git ls-files 2>/dev/null | xargs -r grep -lE '^\#!/bin/(sh|bash)|^\#!/usr/bin/env bash' 2>/dev/null)
TEST_LIBS := -lcmocka -levent_core -lmicrohttpd -lcurl -lcrypto -ljansson -lcares -lpsl -lqrencode -lsqlite3 -lsodium -lconfuse \
	-lpcre2-8 -lseccomp $(GMIME_LIBS) -lpthread

# One line a command; V=1 shows the commands.
say = $(if $(V),,@printf '  %-3s %s\n' $(1) $(2); )

obj = $(patsubst %.c,$(B)/%.o,$(1))
ar  = $(patsubst %,$(B)/lib%.a,$(1))

# ---- build --------------------------------------------------------------------
all: $(BIN:%=$(B)/%)                   ## build every program

$(B)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(B)/musl/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(B)/issuer/bounce/mime_gmime.o $(B)/tests/bench/bench_bounce.o: CFLAGS += $(GMIME_CFLAGS)

define lib_rule
$(B)/lib$(1).a: $(call obj,$(src.$(1)))
	@rm -f $$@; ar crD $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call lib_rule,$(l))))

define bin_rule
$(B)/$(1): $(call obj,$(main.$(1))) $(extra.$(1)) $(call ar,$(uses.$(1)))
	$$(call say,LD,$$@)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ $(libs.$(1))
endef
$(foreach b,$(BIN),$(eval $(call bin_rule,$(b))))

# An embedded table is remade when a file is added, removed or changed. The list of names is
# a file of its own, rewritten only when it differs.
define embed_rule
$(B)/gen/$(1).list: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' $(embed.$(1)) >$$@.new; cmp -s $$@.new $$@ || mv $$@.new $$@; rm -f $$@.new
$(B)/gen/$(1).S: $(embed.$(1)) $(B)/gen/$(1).list tools/embed.sh
	@tools/embed.sh $(1) $(root.$(1)) $(embed.$(1)) >$$@
$(B)/gen/$(1).o: $(B)/gen/$(1).S
	@$(CC) -c $$< -o $$@
endef
$(foreach e,templates migrations rules zones manual openapi,$(eval $(call embed_rule,$(e))))
# What an option is, said once: in the manual.
$(B)/gen/options.tsv: docs/man/cleansmtp.conf.5 tools/manual-words.sh
	@mkdir -p $(@D)
	@tools/manual-words.sh $< >$@
# Texts that a language lacks, or that nobody uses, are an error like any other.
$(B)/gen/templates.o: $(B)/gen/texts.ok
$(B)/gen/texts.ok: tools/check-text.sh $(embed.templates) $(B)/gen/templates.list $(src.core) $(src.issuer)
	@tools/check-text.sh templates $(src.core) $(src.issuer) && touch $@
GEN := $(B)/gen/templates.o $(B)/gen/migrations.o $(B)/gen/rules.o $(B)/gen/zones.o $(B)/gen/manual.o $(B)/gen/openapi.o

# A unit test links its own layer and those below, so that each is tested without those above it;
# the other tests may use any layer. The linker takes what it needs from the archives.
$(B)/libsupport.a: $(call obj,$(SUPPORT))
	@rm -f $@; ar crD $@ $^
$(B)/libsupport_issuer.a: $(call obj,$(SUPPORT_ISSUER))
	@rm -f $@; ar crD $@ $^
LOWER := base core db auth
test_ar.base := $(B)/libsupport.a $(call ar,base)
test_ar.core := $(B)/libsupport.a $(call ar,core base)
test_ar.db   := $(B)/libsupport.a $(call ar,db core base) $(B)/gen/migrations.o
test_ar.auth := $(B)/libsupport.a $(call ar,auth db core base) $(B)/gen/migrations.o
TEST_AR      := $(B)/libsupport_issuer.a $(B)/libsupport.a \
	$(call ar,issuer auth bounce cli db core base) $(GEN)
define test_rule
$(B)/tests/$(1)/%: $(B)/tests/unit/$(1)/%.o $(or $(test_ar.$(1)),$(TEST_AR))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(TEST_LIBS)
endef
$(foreach f,$(notdir $(wildcard tests/unit/*)),$(eval $(call test_rule,$(f))))
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(TEST_AR)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(B)/bench/%: $(B)/tests/bench/%.o $(TEST_AR)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)

# ---- the two commands of the README -----------------------------------------------
demo:                                  ## install what is missing, build, show the main job, leave the console running
	@tools/install-packages.sh build demo
	@$(MAKE) --no-print-directory all
	@tools/demo.sh
demo-stop:                             ## end what the demo left running
	@tools/demo.sh stop
test:                                  ## install what the tests need and run all of them
	@tools/install-packages.sh build demo test
	@tests/run

# ---- tests ----------------------------------------------------------------------
UNIT_BIN := $(UNIT:tests/unit/%.c=$(B)/tests/%)
UNIT_LOWER := $(foreach f,$(LOWER),$(filter $(B)/tests/$(f)/%,$(UNIT_BIN)))
check: check-unit check-source         ## unit tests and source rules (seconds)
unit-bin: $(UNIT_BIN)
# What the .t files run: tests/built asks for it before each of them.
tests-bin: all $(B)/tests/auth/test_seed $(B)/tests/dnsbl/ask
check-unit: $(UNIT_BIN)
	@for t in $^; do $$t || exit 1; done
check-lower: $(B)/cleansmtp-authd $(B)/cleansmtp-checkpassword $(UNIT_LOWER)
	@for t in $(UNIT_LOWER); do $$t || exit 1; done
check-alone:                           ## build and test all but issuer/ in a copy that has no issuer/
	@tools/check-alone.sh
check-e2e: tests-bin                   ## real programs, real Postfix and Dovecot (root)
	prove --verbose $(E2E)
check-browser: tests-bin                ## every page in chromium; screenshots in build/screens
	prove --verbose $(BROWSER)
asan:                                  ## unit tests under address and undefined-behaviour sanitizers
	$(MAKE) VARIANT=asan check-unit
tsan:                                  ## unit tests under the thread sanitizer
	$(MAKE) VARIANT=tsan check-unit
cover:                                 ## line coverage, as text
	$(MAKE) VARIANT=cover check-unit && gcovr -r . -e tests build/cover
FUZZ_BIN := $(FUZZ:tests/fuzz/%.c=$(B)/fuzz/%)
fuzz:                                  ## run each fuzzer for FUZZ_S seconds (10)
	$(MAKE) VARIANT=fuzz CC=clang fuzz-run
fuzz-bin: $(FUZZ_BIN)
fuzz-run: $(FUZZ_BIN)
	@for f in $^; do tests/fuzz/run.sh $$f $(or $(FUZZ_S),10) || exit 1; done
bench: all $(BENCH:tests/bench/%.c=$(B)/bench/%)   ## the figures, as ratios measured in one run
	@for b in $(BENCH:tests/bench/%.c=$(B)/bench/%) $(wildcard tests/bench/*.py); do $$b $(B) || exit 1; done

# ---- source rules ------------------------------------------------------------------
check-source: check-layers check-pure check-headers check-links
check-layers:
	@tools/check-layers.sh
check-pure: $(call obj,$(src.core))
	@tools/check-pure.sh $^
check-headers: $(H_ALL:%=$(B)/headers/%.ok)    # every header compiles alone
$(B)/headers/%.ok: %
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsyntax-only -x c $< && touch $@
check-links: $(B)/cleansmtp-authd $(B)/cleansmtp-checkpassword
	@tools/check-links.sh $^
TIDY_OK := $(patsubst %,$(B)/tidy/%.ok,$(filter %.c,$(C_ALL)))
lint: check-source check-format $(TIDY_OK)  ## formatting, clang-tidy, cppcheck, shellcheck, codespell, mandoc, docs
	@mkdir -p $(B)/cppcheck
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability,performance --inline-suppr --suppress=varFuncNullUB \
		--cppcheck-build-dir=$(B)/cppcheck -j2 -DARRAY_LEN=1 -I. base core db auth issuer
	shellcheck $(SH_ALL)
	codespell --quiet-level=2 --ignore-words-list=nd $(shell git ls-files 2>/dev/null | grep -vE '^tests/(fuzz/corpus|golden)/|package-lock|^templates/.*\.de\.')
	$(if $(wildcard docs/man/*),mandoc -T lint -W warning $(wildcard docs/man/*))
	$(if $(wildcard docs/man/*),tools/check-docs.sh)
$(B)/tidy/%.ok: % .clang-tidy $(H_ALL)
	@mkdir -p $(@D)
	@echo "clang-tidy $<"
	@clang-tidy --quiet $< -- -std=c17 -D_GNU_SOURCE -I. $(GMIME_CFLAGS) -DCLEANSMTP_VERSION='""' \
		-DCLEANSMTP_LIBEXECDIR='""' -DCLEANSMTP_SHAREDIR='""' 2>$@.log || { cat $@.log; exit 1; }
	@touch $@
analyze:                               ## gcc -fanalyzer over base, core and auth
	$(MAKE) VARIANT=analyze FLAGS.analyze='-O1 -fanalyzer' CC=gcc WERROR=-Werror \
		$(patsubst %.c,build/analyze/%.o,$(src.base) $(src.core) $(src.auth))
format:                                ## rewrite every C file with clang-format
	clang-format -i $(C_ALL)
check-format:
	@clang-format --dry-run -Werror $(C_ALL)

# What another mail server or program reads; each file's head is its manual.
ADAPTERS := $(sort $(filter-out packaging/systemd/%,$(wildcard packaging/*/*)))

# ---- install ----------------------------------------------------------------------
install: all                           ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR)
	install -m 0755 $(B)/cleansmtpd $(B)/cleansmtp-authd $(DESTDIR)$(PREFIX)/sbin
	install -m 0755 $(B)/cleansmtp $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(B)/cleansmtp-bounce $(B)/cleansmtp-checkpassword $(DESTDIR)$(LIBEXECDIR)
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	for u in packaging/systemd/*.service packaging/systemd/*.socket; do \
		sed 's|/usr/local/|$(PREFIX)/|' $$u >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${u##*/} || exit 1; \
	done
	install -m 0644 packaging/systemd/cleansmtp.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/cleansmtp.conf
	for a in $(ADAPTERS); do \
		install -d $(DESTDIR)$(PREFIX)/share/cleansmtp/$$(basename $$(dirname $$a)); \
		sed 's|/usr/local/libexec/cleansmtp|$(LIBEXECDIR)|; s|/usr/local/|$(PREFIX)/|' $$a \
			>$(DESTDIR)$(PREFIX)/share/cleansmtp/$${a#packaging/} || exit 1; \
		[ ! -x $$a ] || chmod 0755 $(DESTDIR)$(PREFIX)/share/cleansmtp/$${a#packaging/} || exit 1; \
	done
	for s in 1 5 8; do \
		install -d $(DESTDIR)$(PREFIX)/share/man/man$$s; \
		for m in docs/man/*.$$s; do [ ! -f "$$m" ] || install -m 0644 "$$m" $(DESTDIR)$(PREFIX)/share/man/man$$s; done; \
	done
clean:                                 ## remove build/
	rm -rf build
help:                                  ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## */\1\t/p' Makefile | expand -t 16

.PHONY: FORCE all demo demo-stop test check unit-bin tests-bin check-unit check-lower check-alone check-e2e check-browser asan tsan cover fuzz fuzz-bin \
	fuzz-run bench check-source check-layers check-pure check-headers check-links lint analyze format \
	check-format install clean help
.PRECIOUS: $(B)/%.o $(B)/gen/%.S
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
