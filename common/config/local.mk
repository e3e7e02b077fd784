# SPDX-License-Identifier: ISC
common_libcommon_a_SOURCES += \
	common/config/algorithms.c common/config/algorithms.h \
	common/config/channel_timeouts.c common/config/channel_timeouts.h \
	common/config/config.c common/config/config.h common/config/directives.h \
	common/config/duration.c common/config/duration.h \
	common/config/effective.c common/config/effective.h \
	common/config/keywords.c common/config/keywords.h common/config/keywords.def \
	common/config/lex.c common/config/lex.h \
	common/config/match.c common/config/match.h \
	common/config/methods.c common/config/methods.h \
	common/config/print.c \
	common/config/qos.c common/config/qos.h \
	common/config/settings.h \
	common/config/sftp_options.c common/config/sftp_options.h \
	common/config/source.c \
	common/config/sources.c common/config/sources.h \
	common/config/choices.c common/config/choices.h \
	common/config/value.c common/config/value.h \
	common/config/value_check.c common/config/value_check.h \
	common/config/value_number.c common/config/value_number.h \
	common/config/value_only.c common/config/value_only.h
