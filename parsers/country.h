/*
 * Countries, as sign-in logs write them, as ISO 3166-1 codes of two letters.
 *
 * Read are the codes themselves, in either case, and the English names that identity providers and
 * the geographic databases behind them write ("United States", "South Korea"); names are compared
 * without ASCII case. `UK` is GB. What is no known name is no country: names in other languages are
 * not guessed at. Pure functions, any thread.
 */
#pragma once

#include <stdint.h>

#include "engine/base/slice.h"

/* The two letters, capitals, the first in the high byte; 0: not known. */
uint16_t country_parse(struct slice text);
