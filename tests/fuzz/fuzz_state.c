/*
 * Any bytes as a state: refused, or made of facts that merge into the same state again. The
 * checksums are in the way of a fuzzer, so the bytes are also taken as the payload of a frame with
 * the right ones.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "engine/state_merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static void read_bytes(const void *bytes, size_t bytes_count)
{
    FILE *const stream = fmemopen((void *)(uintptr_t)bytes, bytes_count, "r");
    struct state_reader *reader;
    if (stream == NULL || state_reader_create(&reader, stream) != STATUS_OK)
        abort();
    struct state_entry entry;
    bool are_facts = true;
    while (state_reader_next(reader, &entry)) {
        struct state_fact fact;
        assert(entry.key.bytes > 0 && entry.key.bytes <= STATE_KEY_MAX);
        are_facts = are_facts && state_fact_read(&fact, &entry);
    }
    const bool is_whole = state_reader_status(reader) == STATUS_OK;
    state_reader_destroy(reader);
    if (is_whole) {
        rewind(stream);
        FILE *const nowhere = fopen("/dev/null", "we");
        struct state_writer *writer;
        if (nowhere == NULL || state_reader_create(&reader, stream) != STATUS_OK ||
            state_writer_create(&writer, nowhere) != STATUS_OK)
            abort();
        const struct state_source source = state_source_of(reader);
        const enum status status = state_merge(&source, 1, writer);
        assert((status == STATUS_OK) == are_facts);
        assert(state_writer_end(writer) == STATUS_OK);
        state_writer_destroy(writer);
        state_reader_destroy(reader);
        fclose(nowhere);
    }
    fclose(stream);
}

static uint64_t put_checked(char *to, uint64_t before, const uint8_t *bytes, size_t bytes_count)
{
    struct hash_key key = hash_key_fixed();
    key.k0 ^= before;
    key.k1 ^= bytes_count;
    const uint64_t checksum = hash_bytes(key, bytes, bytes_count);
    memcpy(to, &checksum, sizeof(checksum));
    return checksum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count == 0 || bytes_count > STATE_FRAME_MAX)
        return 0;
    read_bytes(bytes, bytes_count);
    char *const whole = calloc(1, 24 + 12 + bytes_count + 12);
    if (whole == NULL)
        abort();
    memcpy(whole, "sprayws\n\1", 9);
    uint64_t checksum = put_checked(whole + 16, 0, (const uint8_t *)whole, 16);
    char *const frame = whole + 24, *const end = frame + 12 + bytes_count;
    memcpy(frame, &(uint32_t){(uint32_t)bytes_count}, 4);
    memcpy(frame + 12, bytes, bytes_count);
    checksum = put_checked(frame + 4, checksum, bytes, bytes_count);
    put_checked(end + 4, checksum, bytes, 0);
    read_bytes(whole, 24 + 12 + bytes_count + 12);
    free(whole);
    return 0;
}
