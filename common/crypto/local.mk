# SPDX-License-Identifier: ISC
common_libcommon_a_SOURCES += \
	common/crypto/agree.c \
	common/crypto/agree.h \
	common/crypto/agree_dh.c \
	common/crypto/agree_ecdh.c \
	common/crypto/agree_hybrid.c \
	common/crypto/agree_internal.h \
	common/crypto/algorithm.c \
	common/crypto/algorithm.h \
	common/crypto/hash.c \
	common/crypto/hash.h \
	common/crypto/kem.h \
	common/crypto/kem_library.c \
	common/crypto/kem_mlkem.c \
	common/crypto/kem_sntrup.c \
	common/crypto/mac.c \
	common/crypto/mac.h \
	common/crypto/owned.h \
	common/crypto/random.c \
	common/crypto/random.h \
	common/crypto/seal.c \
	common/crypto/seal.h \
	common/crypto/seal_chachapoly.c \
	common/crypto/seal_mac.c \
	common/crypto/seal_gcm.c \
	common/crypto/seal_internal.h \
	common/crypto/seal_wide.h \
	common/crypto/start.c \
	common/crypto/start.h \
	common/crypto/umac.c \
	common/crypto/umac.h

if WITH_IPSEC_MB
common_libcommon_a_SOURCES += common/crypto/seal_wide.c
else
common_libcommon_a_SOURCES += common/crypto/seal_wide_none.c
endif
