/*
 * The sub-commands of the program besides `scan` that work on logs and rules. Each takes its own
 * arguments, its name first, and gives the exit status of the program. Main thread.
 */
#pragma once

/* `normalize [option]... [FILE|DIR|-]...`: events as JSON Lines in ECS names. */
int command_normalize(int argc, char **argv);

/* `validate [DIR]`: exactly what start-up would say of the rules. */
int command_validate(int argc, char **argv);
