#include "rules/threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/extension.h"

#define COUNT_MAX 1e9 /* as conditions of rules have it: rules/detector.c */

/* ---- the condition's bound ------------------------------------------------------------------ */

/* Its decision does not ask for the condition. */
static bool is_decided_later(const struct detector *detector)
{
    return detector->kind == DETECTOR_CONFIRMED_PASSWORD || detector->kind == DETECTOR_KNOWN_SOURCE;
}

static bool has_condition(const struct detector *detector)
{
    return !is_decided_later(detector) && detector->condition.min >= 1;
}

/* The parameters that engine/decide.c takes the larger of beside the condition. */
static bool is_floor(const struct detector *detector, const struct extension_parameter *parameter)
{
    return (detector->kind == DETECTOR_SOURCE_FANOUT && strcmp(parameter->key, "known-good") == 0 &&
            strcmp(parameter->part, "floor") == 0) ||
           (detector->kind == DETECTOR_SURGE && strcmp(parameter->key, "accounts") == 0 &&
            strcmp(parameter->part, "gte") == 0);
}

/* The index of the floor among the detector's parameters; false: it has none. */
static bool find_floor(const struct detector *detector, size_t *index,
                       struct extension_parameter *floor)
{
    for (*index = 0; extension_parameter(detector, *index, floor); ++*index) {
        if (!floor->is_span && is_floor(detector, floor))
            return true;
    }
    return false;
}

static struct threshold condition_threshold(const struct detector *detector)
{
    /* One value alone is nothing that a detector could be about. */
    const int64_t least = detector->type == CORRELATION_VALUE_COUNT ? 2 : 1;
    struct threshold threshold = {
        .key = "condition",
        .part = "gte",
        .is_whole = true,
        .number = (double)detector->condition.min,
        .min = (double)(detector->condition.min < least ? detector->condition.min : least),
        .max = detector->condition.max < (int64_t)COUNT_MAX ? (double)detector->condition.max
                                                            : COUNT_MAX,
    };
    size_t index;
    struct extension_parameter floor_parameter;
    if (find_floor(detector, &index, &floor_parameter)) {
        threshold.floor_key = floor_parameter.key;
        threshold.floor_part = floor_parameter.part;
        threshold.number = fmax(threshold.number, ceil(floor_parameter.number));
    }
    return threshold;
}

static void condition_set(struct detector *detector, double number)
{
    size_t index;
    struct extension_parameter floor_parameter;
    detector->condition.min = (int64_t)number;
    if (find_floor(detector, &index, &floor_parameter))
        extension_parameter_set(detector, index, number);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* The index of a threshold behind the condition among the parameters; false: there are no more. */
static bool find_parameter(const struct detector *detector, size_t index, size_t *parameter_index,
                           struct extension_parameter *parameter)
{
    for (size_t i = 0; extension_parameter(detector, i, parameter); i++) {
        if (parameter->is_span || is_floor(detector, parameter) || index-- > 0)
            continue;
        *parameter_index = i;
        return true;
    }
    return false;
}

/* Rules want the lower ratio of a surge to be no larger than the other one. */
static void keep_ratios_apart(const struct detector *detector, struct threshold *threshold)
{
    if (detector->kind != DETECTOR_SURGE || strcmp(threshold->key, "ratio") != 0)
        return;
    if (strcmp(threshold->part, "gte") == 0)
        threshold->min = detector->params.ratio_elevated;
    else
        threshold->max = detector->params.ratio_min;
}

bool threshold_of(const struct detector *detector, size_t index, struct threshold *threshold)
{
    const size_t conditions_count = has_condition(detector);
    if (index < conditions_count) {
        *threshold = condition_threshold(detector);
        return true;
    }
    size_t parameter_index;
    struct extension_parameter parameter;
    if (is_decided_later(detector) ||
        !find_parameter(detector, index - conditions_count, &parameter_index, &parameter))
        return false;
    *threshold = (struct threshold){
        .key = parameter.key,
        .part = parameter.part,
        .is_whole = parameter.is_whole,
        .number = parameter.number,
        .min = parameter.min,
        .max = parameter.max,
    };
    keep_ratios_apart(detector, threshold);
    return true;
}

bool threshold_admits(const struct threshold *threshold, double number)
{
    return number >= threshold->min && number <= threshold->max &&
           (!threshold->is_whole || number == floor(number));
}

void threshold_set(struct detector *detector, size_t index, double number)
{
    const size_t conditions_count = has_condition(detector);
    size_t parameter_index;
    struct extension_parameter parameter;
    if (index < conditions_count)
        condition_set(detector, number);
    else if (find_parameter(detector, index - conditions_count, &parameter_index, &parameter))
        extension_parameter_set(detector, parameter_index, number);
}

/* A part of a number as a person would write it: whole, or of four digits. */
static double rounded(const struct threshold *threshold, double number)
{
    char text[32];
    if (threshold->is_whole)
        return round(number);
    snprintf(text, sizeof(text), "%.4g", number);
    return strtod(text, NULL);
}

size_t threshold_ladder(const struct threshold *threshold, double ladder[THRESHOLD_LADDER_MAX])
{
    static const double factors[THRESHOLD_LADDER_MAX] = {0.5, 0.75, 1, 1.5, 2, 3};
    size_t count = 0;
    for (size_t i = 0; i < THRESHOLD_LADDER_MAX; i++) {
        const bool holds = factors[i] == 1;
        const double number =
            holds ? threshold->number : rounded(threshold, factors[i] * threshold->number);
        /* What rounds to the number that holds is that number. */
        const bool is_new =
            holds || (number != threshold->number && threshold_admits(threshold, number));
        if (is_new && (count == 0 || number > ladder[count - 1]))
            ladder[count++] = number;
    }
    return count;
}
