/* SPDX-License-Identifier: ISC */
/*
 * The program sftp-server: options, then requests from standard input and replies to standard output.
 */
#pragma once

int sftp_server_main(int argc, char **argv);
