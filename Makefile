# Muster's build.  The everyday words:
#
#   make build      build/muster and build/musterd
#   make client     build/muster-client, one small static file with musl, and
#                   muster-client-plain, which loads no trains
#   make demo       boot MACHINES real processes by PROTOCOL, LOSS percent of all
#                   packets lost; then fewer of them with 1 % lost
#   make demo-next  a machine that knows nothing gets its address, mask, name
#                   and boot file, step by step, with the packets beside it
#   make demo-directory
#                   two sites under one root, and machines with one disk: who
#                   is known where, and where each answer is from
#   make demo-servers
#                   three servers on etcd, killed, stopped and cut off one after
#                   the other, while MACHINES boot
#   make test       every suite; make lint|unit|sim|fuzz|peer runs one of them
#   make compat     stock iPXE on every network card that QEMU has; the tables
#                   of docs/compatibility.md
#   make bench      measure against the peers; make fleet: one file to many;
#                   make bench-directory: a million machines in the directory;
#                   make bench-servers: one and several servers
#   make install    under PREFIX, below DESTDIR; then ldconfig(8), for
#                   libnss_muster; make install-client: the small static client,
#                   into lib/muster
#   make format     let clang-format lay out every C file
#   make clean
#
# Each sets itself up: tools/deps installs what is missing, once.  The flags
# that every compiler and tool shares are in compile_flags.txt.  Three flavours
# of objects live side by side: build/release (gcc), build/san (clang's ASan and
# UBSan, for unit and sim) and build/fuzz (clang's libFuzzer), so two compilers
# with all their warnings see every file.  V=1 shows the commands.

MACHINES ?= 200
LOSS ?= 0
PROTOCOL ?= train

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=

CLANG = clang
INSTALL = install
LAYERS = app host sim store engine model wire base
PACKAGES = sqlite3 libconfuse libcrypto libmicrohttpd jansson libcap libsystemd libcurl libsodium libcrypt libcares libnsl

MAKEFLAGS += -j2 --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL = build
$(V).SILENT:

# ---- flags ------------------------------------------------------------------

COMMON = @compile_flags.txt -g -pthread -MMD -MP
HARDEN = -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fno-strict-overflow -fPIE \
	-ffile-prefix-map=$(CURDIR)=.
GCC_ONLY = -ftrivial-auto-var-init=zero \
	$(if $(filter src/%,$<),-Wstack-usage=8192)
X86_ONLY = -fcf-protection=full

HARDEN += $(if $(findstring clang,$(CC)),,$(GCC_ONLY))
HARDEN += $(if $(filter x86_64 i686,$(shell uname -m)),$(X86_ONLY))

# Not by gcc: its instrumentation makes -Wconversion see ghosts.
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

build/release/%: COMPILE = $(CC) $(COMMON) -O2 $(HARDEN) $(CFLAGS)
build/san/%: COMPILE = $(CLANG) $(COMMON) -O1 $(SAN)
build/fuzz/%: COMPILE = $(CLANG) $(COMMON) -O1 $(SAN) -fsanitize=fuzzer-no-link

RELEASE_LINK = $(CC) -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS)
SAN_LINK = $(CLANG) $(SAN)
FUZZ_LINK = $(CLANG) $(SAN) -fsanitize=fuzzer

# Asked for once, and not before tools/deps has run.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)))$(PKG_LIBS)
LIBS = -pthread -Wl,--as-needed $(PKG_LIBS) -lm

# ---- what there is to build -------------------------------------------------

MAINS = src/app/muster.c src/app/musterd.c
PROGRAMS := $(patsubst src/app/%.c,build/%,$(wildcard $(MAINS)))

# $(call built,FOLDER OF SOURCES/PREFIX,FOLDER OF PROGRAMS)
built = $(patsubst $(dir $(1))%.c,$(2)/%,$(wildcard $(1)*.c))
UNIT := $(call built,tests/unit/test_,build/san/unit)
SIM := $(call built,tests/sim/test_,build/san/sim)
BIG := $(call built,tests/sim/big_,build/release/sim)
FUZZ := $(call built,tests/fuzz/fuzz_,build/fuzz)
PEER := $(call built,tests/peer/,build/peer)
BENCH := $(call built,bench/,build/bench)

# $(call archives,FLAVOUR,LAYERS): in the order a linker wants them.
archives = $(patsubst %,build/$(1)/libmuster-%.a,$(2))
NO_KERNEL = $(filter-out app host,$(LAYERS))

# Objects that several test programs share.
stage = $(patsubst tests/%.c,build/$(1)/%.o,$(wildcard tests/stage/*.c))

.PHONY: build client demo demo-next demo-directory demo-servers test compat bench bench-directory bench-servers fleet lint unit sim fuzz peer install install-client clean format
build: $(PROGRAMS) build/libnss_muster.so.2 $(call archives,release,$(LAYERS))

# The main job, for real: MACHINES processes on a bridge of their own.
demo: build/deps/demo build
	build/muster drill --namespaces -n $(MACHINES) --loss $(LOSS) \
		--protocol $(PROTOCOL)
	[ $(LOSS) != 0 ] || build/muster drill --namespaces --loss 1 \
		-n $(shell expr \( $(MACHINES) + 3 \) / 4) --protocol $(PROTOCOL)

demo-next: build/deps/story build
	tools/demo-next

demo-directory: build/deps/sites build
	tools/demo-directory

demo-servers: build/deps/servers build
	tools/demo-servers $(MACHINES)

test: build/deps/test build client $(UNIT) $(SIM) $(BIG) $(FUZZ) $(PEER)
	tests/run

lint: build/deps/test build
unit: $(UNIT)
sim: $(SIM) $(BIG)
fuzz: $(FUZZ)
peer: build/deps/test build client $(PEER)
lint unit sim fuzz peer:
	tests/run $@

compat: build/deps/test build build/san/sim/test_roms
	tests/peer/compat --write docs/compatibility.md

bench: build/deps/bench build $(BENCH)
	bench/run

bench-directory: build/deps/bench build/bench/directory
	bench/directory

bench-servers: build/deps/bench build build/bench/rush
	bench/several

fleet: build/deps/bench build $(BENCH)
	bench/fleet

# ---- packages: stamps, so that a second make asks nobody -------------------
# One at a time, since package managers do not wait for each other.

build/deps/%: tools/deps
	mkdir -p $(@D)
	flock $(@D) tools/deps $*
	touch $@

# ---- compile ----------------------------------------------------------------

# FLAVOUR, SOURCE FOLDER, SET OF PACKAGES
define compile
build/$(1)/%.o: $(2)/%.c Makefile compile_flags.txt | build/deps/$(3)
	mkdir -p $$(@D)
	echo "  CC $(1) $$<"
	$$(COMPILE) $$(PKG_CFLAGS) -c -o $$@ $$<
endef
$(eval $(call compile,release,src,build))
$(eval $(call compile,san,src,test))
$(eval $(call compile,fuzz,src,test))
$(eval $(call compile,release,tests,test))
$(eval $(call compile,san,tests,test))
$(eval $(call compile,fuzz,tests,test))
$(eval $(call compile,release/bench,bench,build))

# FLAVOUR, LAYER.  The folder is a prerequisite because a file that was removed
# from it must leave the archive, too.
define archive
build/$(1)/libmuster-$(2).a: $$(patsubst src/%.c,build/$(1)/%.o,$$(filter-out \
		$$(MAINS),$$(wildcard src/$(2)/*.c))) $$(wildcard src/$(2))
	mkdir -p $$(@D)
	rm -f $$@
	$$(AR) rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach f,release san fuzz,$(foreach l,$(LAYERS),$(eval $(call archive,$f,$l))))

# ---- link -------------------------------------------------------------------

# TARGET PATTERN, OBJECT PATTERN, FLAVOUR, LAYERS, LINKER, MORE
define link
$(1): $(2) $(if $(findstring %,$(1)),$(if $(6),$(call stage,$(3)))) $(call archives,$(3),$(4))
	mkdir -p $$(@D)
	echo "  LD $$@"
	$$($(5)) -o $$@ $$^ $(6) $$(LIBS)
endef
PROGRAM = build/release/app
$(eval $(call link,build/muster,$(PROGRAM)/muster.o,release,$(LAYERS),RELEASE_LINK,))
$(eval $(call link,build/musterd,$(PROGRAM)/musterd.o,release,$(LAYERS),RELEASE_LINK,))
$(eval $(call link,build/peer/%,build/release/peer/%.o,release,$(LAYERS),RELEASE_LINK,))
$(eval $(call link,build/bench/%,build/release/bench/%.o,release,$(LAYERS),RELEASE_LINK,))
$(eval $(call link,build/release/sim/big_%,build/release/sim/big_%.o,release,$(NO_KERNEL),RELEASE_LINK,-lcmocka))
$(eval $(call link,build/san/sim/test_%,build/san/sim/test_%.o,san,$(NO_KERNEL),SAN_LINK,-lcmocka))
# The administrator's API and the store, both without a kernel.
$(eval $(call link,build/san/sim/test_directory_%,build/san/sim/test_directory_%.o,san,$(LAYERS),SAN_LINK,-lcmocka))
$(eval $(call link,build/san/unit/test_%,build/san/unit/test_%.o,san,$(NO_KERNEL),SAN_LINK,-lcmocka))
# What is tested of these two needs no kernel either: parsers, tables, texts.
$(eval $(call link,build/san/unit/test_app_%,build/san/unit/test_app_%.o,san,$(LAYERS),SAN_LINK,-lcmocka))
$(eval $(call link,build/san/unit/test_host_%,build/san/unit/test_host_%.o,san,$(LAYERS),SAN_LINK,-lcmocka))
# What is fuzzed of app, too.
$(eval $(call link,build/fuzz/fuzz_app_%,build/fuzz/fuzz/fuzz_app_%.o,fuzz,$(LAYERS),FUZZ_LINK,))
$(eval $(call link,build/fuzz/fuzz_%,build/fuzz/fuzz/fuzz_%.o,fuzz,$(NO_KERNEL),FUZZ_LINK,))

.SECONDARY:
-include $(wildcard build/*/*/*.d)

# ---- the small static client -------------------------------------------------
# One file for an initramfs, with musl: no SQLite, no HTTP, no JSON.  musl-gcc
# knows its own headers alone; the kernel's and libsodium's come after them.
# Debian's libsodium.a is made for glibc, and lacks one function in musl, which
# src/app/client has.  Its cmsg macros do not bear our warnings about signs.

CLIENT_APP = muster command background cmd_maskd cmd_up cmd_ifconfig cmd_hostconfig cmd_drivers \
	cmd_fetch cmd_boot cmd_named cmd_name up up_plan up_effects start \
	terminal etc spawn interface driver driver_arp driver_records driver_socks \
	sink mend leaves stream_hash trust versions keys fresh bar named named_files resident \
	name_client notes client/without
CLIENT_HOST = loop signals udp packet link netlink inbox outbox wire_state \
	memory random crypt sign sha256 cpu notify \
	$(patsubst src/host/%.c,%,$(wildcard src/host/records*.c src/host/log*.c))
CLIENT_SOURCES = $(CLIENT_APP:%=src/app/%.c) $(CLIENT_HOST:%=src/host/%.c) \
	$(wildcard src/engine/*.c src/model/*.c src/wire/*.c src/base/*.c)
CLIENT_CC = musl-gcc @compile_flags.txt -DMUSTER_CLIENT -Os -g -MMD -MP \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fstack-protector-strong -Wno-conversion -Wno-sign-conversion \
	-ffile-prefix-map=$(CURDIR)=. \
	-idirafter /usr/include -idirafter /usr/include/$(shell uname -m)-linux-gnu
SODIUM_A = $(shell pkg-config --variable=libdir libsodium)/libsodium.a

# Without trains it has neither their receiver nor what that computes with, nor
# libsodium, whose archive brings all of itself along.
CLIENT_TRAIN = build/client/engine/trainc%.o build/client/engine/loader.o \
	build/client/app/mend.o build/client/app/trust.o \
	build/client/app/keys.o build/client/app/versions.o \
	build/client/host/crypt.o build/client/host/sign.o \
	build/client/host/sha256.o
CLIENT_OBJECTS = $(patsubst src/%.c,build/client/%.o,$(CLIENT_SOURCES))
CLIENT_LINK = musl-gcc -static -s -Wl,--gc-sections \
	-Wl,-z,relro,-z,noexecstack -o $@ $^ $(SODIUM_A)

client: build/muster-client build/muster-client-plain
build/client/%.o: src/%.c Makefile compile_flags.txt | build/deps/client
	mkdir -p $(@D)
	echo "  CC client $<"
	$(CLIENT_CC) -c -o $@ $<
build/client/plain/loader.o: src/engine/loader.c Makefile | build/deps/client
	mkdir -p $(@D)
	$(CLIENT_CC) -DMUSTER_NO_TRAIN -c -o $@ $<
build/muster-client: $(CLIENT_OBJECTS)
	echo "  LD $@"
	$(CLIENT_LINK)
build/muster-client-plain: $(filter-out $(CLIENT_TRAIN),$(CLIENT_OBJECTS)) \
		build/client/plain/loader.o build/client/app/client/plain.o \
		build/client/app/client/sha256.o
	echo "  LD $@"
	$(CLIENT_LINK)

# ---- libnss_muster -----------------------------------------------------------
# What every program of a machine loads, so it has nothing but the C library and
# the few files of ours that a question needs, and shows nothing of them.

NSS_SOURCES = $(wildcard src/nss/*.c) src/wire/lookup.c src/model/plist.c \
	src/base/text.c src/base/addr.c
build/nss/%.o: src/%.c Makefile compile_flags.txt | build/deps/build
	mkdir -p $(@D)
	echo "  CC nss $<"
	$(CC) $(COMMON) -O2 $(filter-out -fPIE,$(HARDEN)) -fPIC \
		-fvisibility=hidden $(CFLAGS) -c -o $@ $<
build/libnss_muster.so.2: $(NSS_SOURCES:src/%.c=build/nss/%.o)
	echo "  LD $@"
	$(CC) -shared -Wl,-soname,libnss_muster.so.2 -Wl,--no-undefined \
		-Wl,-z,relro,-z,now,-z,noexecstack -Wl,-z,nodelete \
		$(LDFLAGS) -o $@ $^

# ---- the rest ---------------------------------------------------------------

sbin = $(DESTDIR)$(PREFIX)/sbin
bin = $(DESTDIR)$(PREFIX)/bin
man = $(DESTDIR)$(PREFIX)/share/man
# Programs that ours stand for, by their own names: out of everybody's way, for
# who puts this folder into PATH.
old = $(DESTDIR)$(PREFIX)/lib/muster
units = $(DESTDIR)$(PREFIX)/lib/systemd/system
users = $(DESTDIR)$(PREFIX)/lib/sysusers.d
etc = $(DESTDIR)$(SYSCONFDIR)/muster
examples = $(DESTDIR)$(PREFIX)/share/doc/muster/examples

# A configuration that is there already is the administrator's.
install: build
	$(INSTALL) -D -m 755 build/muster $(bin)/muster
	$(INSTALL) -D -m 755 build/musterd $(sbin)/musterd
	$(INSTALL) -D -m 644 build/libnss_muster.so.2 \
		$(DESTDIR)$(PREFIX)/lib/libnss_muster.so.2
	for page in $(wildcard docs/man/*.[1-8]); do \
		$(INSTALL) -D -m 644 $$page \
			$(man)/man$${page##*.}/$${page##*/} || exit; \
	done
	mkdir -p $(units)
	sed 's,/usr/sbin,$(PREFIX)/sbin,' packaging/muster.service \
		>$(units)/muster.service
	sed 's,/usr/bin,$(PREFIX)/bin,' packaging/muster-named.service \
		>$(units)/muster-named.service
	chmod 644 $(units)/muster.service $(units)/muster-named.service
	$(INSTALL) -D -m 644 packaging/muster.sysusers $(users)/muster.conf
	mkdir -p $(old)
	for name in rc.net ifconfig hostname driverLoader nmserver mini-slamd; do \
		ln -sf $(PREFIX)/bin/muster $(old)/$$name || exit; \
	done
	ln -sf $(PREFIX)/sbin/musterd $(old)/bootpd
	$(INSTALL) -D -m 755 packaging/routed $(examples)/routed
	for file in hostconfig iftab drivers; do \
		$(INSTALL) -D -m 644 packaging/$$file \
			$(examples)/$$file || exit; \
	done
	[ -e $(etc)/muster.conf ] || \
		$(INSTALL) -D -m 644 packaging/muster.conf $(etc)/muster.conf
	[ -e $(etc)/name.access ] || \
		$(INSTALL) -D -m 644 packaging/name.access $(etc)/name.access

# For who builds an initramfs: it is nobody's command.
install-client: client
	$(INSTALL) -D -m 755 build/muster-client $(old)/muster-client
	$(INSTALL) -D -m 755 build/muster-client-plain \
		$(old)/muster-client-plain

format: build/deps/test
	find src tests bench -name '*.[ch]' -exec clang-format -i {} +

clean:
	rm -rf build
