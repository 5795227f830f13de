/*
 * What other thresholds would tell, as JSON: a line for each setting.
 *
 * A stable interface of the program (docs/tuning.schema.json). Pure: writes into the given JSON
 * writer and nothing else.
 */
#pragma once

#include "engine/base/json_write.h"
#include "engine/tuned.h"

/* Appends a document for each setting, the loaded one among them. */
void tune_write(struct json_write *json, const struct tuned_log *log, const struct tuned *tuned);
