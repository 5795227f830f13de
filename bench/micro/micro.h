/*
 * What the micro benchmarks share: a generated text, and the loop that measures a function over it.
 *
 * Each figure is the fastest of nine runs: whatever else the machine does only ever adds time.
 * Beside every speed stands what was found, which must be the same for all tiers. One thread.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gen_random.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/slice.h"

enum {
    MICRO_TEXT_BYTES = 64 * 1024 * 1024, /* beyond every cache */
    MICRO_RECORD_BYTES_MAX = 8192,
    MICRO_RUNS = 9,
    MICRO_CACHED_PASSES = 64, /* over one block, so that a run is no shorter than one over a text */
};

/* A text that grows by records of at most MICRO_RECORD_BYTES_MAX, with the padding that readers ask
 * for behind it. */
struct micro_text {
    char *start;
    size_t bytes, capacity;
    uint64_t seed;
};

static inline struct micro_text micro_text_create(void)
{
    struct micro_text text = {.capacity = MICRO_TEXT_BYTES + MICRO_RECORD_BYTES_MAX, .seed = 1};
    text.start = malloc(text.capacity + LIMIT_VECTOR_PADDING);
    if (text.start == NULL)
        abort();
    memset(text.start, 0, text.capacity + LIMIT_VECTOR_PADDING);
    return text;
}

static inline bool micro_text_is_full(const struct micro_text *text)
{
    return text->bytes >= MICRO_TEXT_BYTES - MICRO_RECORD_BYTES_MAX;
}

static inline struct slice micro_text_slice(const struct micro_text *text)
{
    return slice_of(text->start, text->bytes);
}

static inline uint64_t micro_draw(struct micro_text *text)
{
    return gen_splitmix(&text->seed);
}

static inline __attribute__((format(printf, 2, 3))) void micro_put(struct micro_text *text,
                                                                   const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int written =
        vsnprintf(text->start + text->bytes, text->capacity - text->bytes, format, values);
    va_end(values);
    if (written > 0)
        text->bytes += (size_t)written;
}

static inline void micro_put_guid(struct micro_text *text)
{
    const uint64_t high = micro_draw(text), low = micro_draw(text);
    micro_put(text, "%08x-%04x-4%03x-9%03x-%012" PRIx64, (unsigned)(high >> 32),
              (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(low >> 52),
              low & UINT64_C(0xffffffffffff));
}

/* What one pass over the text has come to. */
struct micro_found {
    uint64_t records, fields, bytes;
};

/* Measures `run`, which makes one pass over `bytes` of text, and prints a line. */
static inline void micro_measure(const char *name, const char *tier,
                                 struct micro_found (*run)(const void *what), const void *what,
                                 size_t bytes, unsigned passes)
{
    double fastest = 0;
    struct micro_found found = {0};
    for (unsigned i = 0; i < MICRO_RUNS; i++) {
        const double start = clock_seconds();
        for (unsigned pass = 0; pass < passes; pass++)
            found = run(what);
        const double seconds = clock_seconds() - start;
        fastest = i == 0 || seconds < fastest ? seconds : fastest;
    }
    printf("%-26s %-7s %6.2f GB/s   records %" PRIu64 ", fields %" PRIu64 ", bytes %" PRIu64 "\n",
           name, tier, (double)bytes * passes / fastest * 1e-9, found.records, found.fields,
           found.bytes);
}
