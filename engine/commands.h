/*
 * The sub-commands of the program besides `scan` that work on logs and rules. Each takes its own
 * arguments, its name first, and gives the exit status of the program. Main thread.
 */
#pragma once

/* `normalize [option]... [FILE|DIR|-]...`: events as JSON Lines, in ECS names or as OCSF. */
int command_normalize(int argc, char **argv);

/* `classify [option]... [FILE|DIR|-]...`: what each file is, and how well it can be read. */
int command_classify(int argc, char **argv);

/* `explain (--line N | --offset N) FILE`: how one record was read, and whether it counts. */
int command_explain(int argc, char **argv);

/* `tune [option]... FILE|DIR...`: what a scan would tell with other thresholds, and miss. */
int command_tune(int argc, char **argv);

/* `rules list|show|test …`: which rules are in force, what one of them says, and whether rules do
 * what their labelled cases want. */
int command_rules(int argc, char **argv);

/* `validate [DIR]`: exactly what start-up would say of the rules. */
int command_validate(int argc, char **argv);

/* `state show|verify|merge STATE…`: what runs have left with --state. */
int command_state(int argc, char **argv);
