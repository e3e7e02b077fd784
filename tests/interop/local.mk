# SPDX-License-Identifier: ISC
# What the interop suite lends to stock clients: built by make check. Without a sanitizer, whose library their
# programs lack.
PROVIDERS = tests/interop/security_key.so

tests/interop/security_key.so: tests/interop/security_key.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu11 -O1 $(WARNING_CFLAGS) $(CRYPTO_CFLAGS) -fPIC -shared \
		-o $@ $< $(CRYPTO_LIBS)
