/*
 * The sub-command `spraywatch gen`: writes a generated log to standard output or a file, and its
 * truth to another file.
 */
#pragma once

/* `argv[0]` is the name of the sub-command. Gives the exit status of the program. */
int command_gen(int argc, char **argv);
