#include "engine/gunzip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>

struct gunzip {
    struct inflate_state state;
    const char *damage; /* why the member cannot be read on; NULL: it can */
};

enum status gunzip_create(struct gunzip **out)
{
    struct gunzip *const gunzip = calloc(1, sizeof(*gunzip));
    if (gunzip == NULL)
        return STATUS_NO_MEMORY;
    isal_inflate_init(&gunzip->state);
    *out = gunzip;
    return STATUS_OK;
}

void gunzip_destroy(struct gunzip *gunzip)
{
    free(gunzip);
}

void gunzip_begin(struct gunzip *gunzip)
{
    isal_inflate_reset(&gunzip->state);
    gunzip->damage = NULL;
    gunzip->state.crc_flag = ISAL_GZIP; /* the library reads the header and checks the trailer */
}

static const char *reason_of(int result)
{
    switch (result) {
    case ISAL_INVALID_BLOCK:
        return "invalid block type";
    case ISAL_INVALID_SYMBOL:
        return "invalid code";
    case ISAL_INVALID_LOOKBACK:
        return "invalid distance too far back";
    case ISAL_INVALID_WRAPPER:
        return "invalid header";
    case ISAL_UNSUPPORTED_METHOD:
        return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
        return "incorrect checksum or length";
    default:
        return "damaged data";
    }
}

/* Text that the library has made and still holds: at damage it does not give it by itself. */
static size_t give_held(struct inflate_state *state, char *to, size_t to_bytes)
{
    const size_t held = (size_t)(state->tmp_out_valid - state->tmp_out_processed);
    const size_t bytes = held < to_bytes ? held : to_bytes;
    memcpy(to, state->tmp_out_buffer + state->tmp_out_processed, bytes);
    state->tmp_out_processed += (int32_t)bytes;
    return bytes;
}

static bool is_damaged(int result)
{
    return result != ISAL_DECOMP_OK && result != ISAL_END_INPUT && result != ISAL_OUT_OVERFLOW;
}

enum gunzip_result gunzip_step(struct gunzip *gunzip, const char *from, size_t from_bytes,
                               size_t *used, char *to, size_t to_bytes, size_t *made,
                               const char **reason)
{
    struct inflate_state *const state = &gunzip->state;
    const uint32_t in = from_bytes < UINT32_MAX ? (uint32_t)from_bytes : UINT32_MAX;
    const uint32_t room = to_bytes < UINT32_MAX ? (uint32_t)to_bytes : UINT32_MAX;
    *used = *made = 0;
    if (gunzip->damage == NULL) {
        state->next_in = (uint8_t *)(uintptr_t)from; /* only read */
        state->avail_in = in;
        state->next_out = (uint8_t *)to;
        state->avail_out = room;
        const int result = isal_inflate(state);
        *used = in - state->avail_in;
        *made = room - state->avail_out;
        if (!is_damaged(result))
            return state->block_state == ISAL_BLOCK_FINISH ? GUNZIP_MEMBER_END : GUNZIP_GOES_ON;
        gunzip->damage = reason_of(result);
    }
    *made += give_held(state, to + *made, room - *made);
    *reason = gunzip->damage;
    return state->tmp_out_processed == state->tmp_out_valid ? GUNZIP_DAMAGED : GUNZIP_GOES_ON;
}

const char *gunzip_library(void)
{
    return "isa-l";
}
