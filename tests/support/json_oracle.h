/*
 * The one place that includes jansson: the strict JSON reader that ours is compared with.
 */
#pragma once

#include <jansson.h>
