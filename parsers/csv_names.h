/*
 * Names of columns: what counts of them when they are compared.
 *
 * Internal to the CSV module. Exports write the same name with one blank or two, with a blank at
 * its end, and in any case.
 */
#pragma once

#include "engine/base/slice.h"

/* `name` without blanks around it, each run of blanks inside as one blank, written to `to`, which
 * has room for all of `name`. */
struct slice csv_name_write(char *to, struct slice name);

/* Whether `written` is `name`, which `csv_name_write` has made, without regard to ASCII case. */
bool csv_name_is(struct slice name, struct slice written);
