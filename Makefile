# Thin front for the scripts in tools/; `make help` lists the targets.

SHELL     := /bin/bash
NGINX     ?= nginx
NGINX_SRC ?= /usr/share/nginx/src
JOBS      ?= $(shell nproc)

MODULE  := build/ngx_pickyassist_module.so
SOURCES := $(wildcard ngx_pickyassist_module/*.[ch] \
                      ngx_pickyassist_module/core/*.[ch] \
                      ngx_pickyassist_module/core/*/*.[ch])

# One configured tree for each nginx version, so that an upgraded nginx never
# meets objects made for the one before it.
VERSION := $(shell PATH="$$PATH:/usr/sbin" $(NGINX) -v 2>&1 | \
               sed -n 's|^nginx version: .*/||p')
OBJS    := build/nginx-$(VERSION)

# -W -Wall -Werror are nginx's own; these come on top. nginx fixes the
# signatures of callbacks, hence the unused parameters.
WARNINGS := -Wall -Wextra -Werror -Wno-unused-parameter \
            -Wformat -Werror=format-security
CFLAGS   := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 $(WARNINGS)
LDFLAGS  := -Wl,-z,relro -Wl,-z,now

.DEFAULT_GOAL := $(MODULE)
.DELETE_ON_ERROR:
.PHONY: help run test fuzz bench soak lint matrix coverage sanitize valgrind
.PHONY: openapi collection pictures mutate dist package package-test image
.PHONY: image-test clean

# build the module for the installed nginx (the default)
$(MODULE): $(OBJS)/Makefile $(SOURCES)
	@$(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS)) -s \
	    -C $(NGINX_SRC) -f $(CURDIR)/$(OBJS)/Makefile modules
	@# A new file: an nginx that runs has the old one mapped.
	@install $(OBJS)/$(@F) $@
	@echo "built $@ for nginx $(VERSION)"

# What sources there are, since config takes them all.
$(OBJS)/sources: FORCE
	@mkdir -p $(@D)
	@echo $(sort $(SOURCES)) | cmp -s - $@ || echo $(sort $(SOURCES)) >$@

.PHONY: FORCE
FORCE:

$(OBJS)/Makefile: config Makefile $(OBJS)/sources
	@test -f $(NGINX_SRC)/conf_flags || \
	    { echo "nginx-dev is missing, see: tools/deps build" >&2; exit 1; }
	@mkdir -p $(OBJS)
	@. $(NGINX_SRC)/conf_flags && cd $(NGINX_SRC) && \
	    ./configure "$${NGX_CONF_FLAGS[@]}" --with-cc-opt="$(CFLAGS)" \
	        --with-ld-opt="$(LDFLAGS)" --add-dynamic-module=$(CURDIR) \
	        --builddir=$(CURDIR)/$(OBJS) >$(CURDIR)/$(OBJS)/configure.log || \
	    { cat $(CURDIR)/$(OBJS)/configure.log >&2; exit 1; }

# The unit tests: programs of their own, without nginx, with sanitizers.
CORE       := ngx_pickyassist_module/core
UNIT       := build/unit
UNIT_OBJS  := $(patsubst $(CORE)/%.c,$(UNIT)/%.o, \
                  $(wildcard $(CORE)/*.c $(CORE)/*/*.c)) \
              $(patsubst t/unit/%.c,$(UNIT)/%.o, \
                  $(filter-out %_test.c,$(wildcard t/unit/*.c)))
UNIT_DEPS  := Makefile $(wildcard $(CORE)/*.h $(CORE)/*/*.h t/unit/*.h)
UNIT_FLAGS := -O1 -g -DPA_DEBUG=1 -fsanitize=address,undefined \
              -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_CC    := gcc -std=gnu99 -Wall -Wextra -Werror -I$(CORE) -It/unit \
              $(UNIT_FLAGS)

.PHONY: unit
.SECONDARY: $(UNIT_OBJS) $(patsubst t/unit/%.c,$(UNIT)/%.o, \
                             $(wildcard t/unit/*_test.c))
unit: $(patsubst t/unit/%.c,$(UNIT)/%,$(wildcard t/unit/*_test.c))

$(UNIT)/%.o: $(CORE)/%.c $(UNIT_DEPS)
	@mkdir -p $(@D)
	@$(UNIT_CC) -c -o $@ $<

$(UNIT)/%.o: t/unit/%.c $(UNIT_DEPS)
	@mkdir -p $(@D)
	@$(UNIT_CC) -c -o $@ $<

# A test that has the source in it, see there.
$(UNIT)/rate_test.o: $(CORE)/rate.c

$(UNIT)/%_test: $(UNIT)/%_test.o $(UNIT_OBJS)
	@$(UNIT_CC) -o $@ $^ -ljansson -lcrypto

help:   # list the targets
	@echo "make                build $(MODULE) for the installed nginx"
	@sed -n 's/^\([a-z-]*\):.*# \(.*\)/make \1\t\2/p' Makefile | \
	    expand -t 20

run:    # install what is missing, build, start gateway and sandbox (PORT=8080)
	@# At a terminal in a process group of its own: Ctrl-C ends it, not make.
	@if [ -t 0 ]; then bash -mc 'tools/run; exit $$?'; else tools/run; fi

test:   # install what is missing, build, run every test (T=t/x.t: only these)
	@tools/test $(T)

fuzz:   # search for inputs that break a property (FUZZ_SECONDS=60, T=json)
	@tools/deps fuzz
	@t/fuzz/run $(T)

bench:  # compare with bare proxy_pass, njs and Lua: docs/benchmarks.md
	@bench/run

soak:   # a million requests, and the worker's memory (REQUESTS=N)
	@tools/soak

lint:   # compiler warnings, clang-tidy, cppcheck, rules of the source tree
	@tools/lint

sanitize: # run the suites on an nginx with AddressSanitizer and UBSan
	@tools/sanitize $(T)

valgrind: # run the suites under valgrind (T=t/x.t: only these)
	@tools/valgrind $(T)

openapi: # check docs/openapi.yaml with a linter from the npm registry
	@tools/openapi/check

collection: # make examples/postman-collection.json of docs/openapi.yaml
	@tools/openapi/collection

pictures: # take the pictures of the console that docs/ has
	@tools/pictures

dist:   # make the tarball of a release
	@tools/dist

package: # build the Debian package
	@tools/package

package-test: # build it, check it, install, use and purge it (needs root)
	@PACKAGE_TEST=1 TEST_SECONDS=3600 tools/test t/package.sh

image: # build the container image
	@tools/image

image-test: # build it, check it and run it (needs root)
	@IMAGE_TEST=1 tools/test t/image.sh

matrix: # build and test on the nginx of every supported Debian (needs root)
	@tools/matrix

coverage: # which lines and branches of the module the tests run
	@tools/coverage $(T)

mutate: # break the module in a hundred ways: do tests notice? (CHOSEN=1)
	@t/mutate $(if $(CHOSEN),--chosen) $(M)

clean:  # remove everything that was built
	rm -rf build
