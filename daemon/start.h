/* SPDX-License-Identifier: ISC */
/*
 * sallyportd from its command line to its end.
 */
#pragma once

/* What main returns. */
int daemon_main(int argc, char **argv);
