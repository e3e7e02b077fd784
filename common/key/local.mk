# SPDX-License-Identifier: ISC
common_libcommon_a_SOURCES += \
	common/key/bcrypt_kdf.c common/key/bcrypt_kdf.h \
	common/key/blob.c \
	common/key/blowfish.c common/key/blowfish.h \
	common/key/certificate.c common/key/certificate.h \
	common/key/client_data.c common/key/client_data.h \
	common/key/file_der.c \
	common/key/file_openssh.c \
	common/key/file_openssh_lock.c \
	common/key/file_others.c \
	common/key/file_pem.c \
	common/key/file_public.c \
	common/key/fingerprint.c \
	common/key/key.c common/key/key.h common/key/key_internal.h \
	common/key/key_dss.c \
	common/key/key_ecdsa.c \
	common/key/key_eddsa.c \
	common/key/key_mldsa.c \
	common/key/key_rsa.c \
	common/key/key_sk.c \
	common/key/parameters.c \
	common/key/public_block.c \
	common/key/public_der.c \
	common/key/signature.c
