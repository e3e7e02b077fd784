# SPDX-License-Identifier: ISC
monitor_name_libname_a_SOURCES += \
	monitor/name/find.c monitor/name/find.h
