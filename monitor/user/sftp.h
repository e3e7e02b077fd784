/* SPDX-License-Identifier: ISC */
/*
 * SFTP below a root folder in which there is no program.
 */
#pragma once

/* Reads who it is to be (see enter_sftp.h), is that, and serves as sftp-server does; returns the exit status. */
int user_sftp_run(int argc, char **argv);
