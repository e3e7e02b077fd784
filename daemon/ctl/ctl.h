/* SPDX-License-Identifier: ISC */
/*
 * What operators ask of sallyportctl, by subcommand.
 */
#pragma once

/* Ends with it. */
#define CTL_EXIT_ERROR 2

int ctl_main(int argc, char **argv);
