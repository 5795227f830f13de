/*
 * Every fixed bound of the program, with what it relates to. Bounds that an operator can choose are
 * options (`engine/options.h`); their defaults stand here.
 */
#pragma once

enum {
    LIMIT_BLOCK_BYTES = 256 * 1024,          /* default block: stays in a core's L2 cache */
    LIMIT_LINE_BYTES = 1024 * 1024,          /* default --max-line */
    LIMIT_LINE_BYTES_MAX = 64 * 1024 * 1024, /* largest --max-line */
    LIMIT_VECTOR_PADDING = 128,              /* readable bytes behind a block: vector loads */
    LIMIT_JSON_DEPTH = 64,                   /* nesting; deeper records are rejected */
    LIMIT_TEXT_BYTES = 1024, /* an extracted value longer than this is cut, on a character */
    LIMIT_THREADS = 64,
};

_Static_assert(LIMIT_BLOCK_BYTES <= LIMIT_LINE_BYTES_MAX, "a block may hold one longest record");
_Static_assert(LIMIT_TEXT_BYTES <= LIMIT_BLOCK_BYTES, "a value lies inside a block");
