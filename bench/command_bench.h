/*
 * `spraywatch bench`: what the pipeline reaches on this machine, over generated data in memory.
 * Gives the exit status of the program.
 */
#pragma once

int command_bench(int argc, char **argv);
