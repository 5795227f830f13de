#include "engine/state_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "engine/base/hash.h"

enum {
    HEADER_BYTES = 24,     /* magic, version, nothing, checksum */
    HEADER_CHECKED = 16,   /* of these */
    FRAME_HEAD_BYTES = 12, /* bytes of the payload, checksum */
    ENTRY_HEAD_BYTES = 5,  /* bytes shared with the key before, bytes that differ, values */
    ENTRY_MAX = ENTRY_HEAD_BYTES + STATE_KEY_MAX + 8 * STATE_VALUES_MAX,
};

_Static_assert((int)ENTRY_MAX < (int)STATE_FRAME_MAX, "an entry lies inside a frame");
_Static_assert(STATE_KEY_MAX <= UINT16_MAX, "lengths of keys are two bytes");

static const char magic[8] = {'s', 'p', 'r', 'a', 'y', 'w', 's', '\n'};

/* ---- numbers, least byte first ----------------------------------------------------------------
 */

static void put_number(unsigned char *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_number(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* A frame's checksum is keyed with the one before it. */
static uint64_t checksum_of(uint64_t before, const unsigned char *payload, size_t bytes)
{
    struct hash_key key = hash_key_fixed();
    key.k0 ^= before;
    key.k1 ^= bytes;
    return hash_bytes(key, payload, bytes);
}

int state_key_order(struct slice left, struct slice right)
{
    const size_t common = left.bytes < right.bytes ? left.bytes : right.bytes;
    const int order = memcmp(left.start, right.start, common);
    return order != 0 ? order : (left.bytes > right.bytes) - (left.bytes < right.bytes);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

struct state_reader {
    FILE *stream;
    uint64_t offset;
    uint64_t checksum; /* of the last frame, or the header */
    bool has_begun, has_ended;
    enum status status;
    const char *problem;
    size_t frame_bytes, at;
    size_t key_bytes;
    bool has_key; /* of an entry before */
    unsigned char key[STATE_KEY_MAX], key_before[STATE_KEY_MAX];
    unsigned char frame[STATE_FRAME_MAX];
};

enum status state_reader_create(struct state_reader **out, FILE *stream)
{
    struct state_reader *const reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return STATUS_NO_MEMORY;
    reader->stream = stream;
    *out = reader;
    return STATUS_OK;
}

void state_reader_destroy(struct state_reader *reader)
{
    free(reader);
}

static bool reader_fail(struct state_reader *reader, enum status status, const char *problem)
{
    reader->status = status;
    reader->problem = problem;
    reader->has_ended = true;
    return false;
}

static bool reader_bytes(struct state_reader *reader, unsigned char *to, size_t bytes)
{
    const size_t got = fread(to, 1, bytes, reader->stream);
    reader->offset += got;
    if (got == bytes)
        return true;
    if (ferror(reader->stream))
        return reader_fail(reader, STATUS_IO, strerror(errno));
    return reader_fail(reader, STATUS_DAMAGED, "it is cut off");
}

static bool reader_begin(struct state_reader *reader)
{
    unsigned char header[HEADER_BYTES];
    reader->has_begun = true;
    if (!reader_bytes(reader, header, sizeof(header)))
        return false;
    if (memcmp(header, magic, sizeof(magic)) != 0)
        return reader_fail(reader, STATUS_DAMAGED, "it is no state of spraywatch");
    reader->checksum = checksum_of(0, header, HEADER_CHECKED);
    if (get_number(header + HEADER_CHECKED, 8) != reader->checksum)
        return reader_fail(reader, STATUS_DAMAGED, "its header is damaged");
    if (get_number(header + 8, 4) != STATE_VERSION || get_number(header + 12, 4) != 0)
        return reader_fail(reader, STATUS_CONFIG, "another version of spraywatch has written it");
    return true;
}

/* True: there is another frame. */
static bool reader_frame(struct state_reader *reader)
{
    unsigned char head[FRAME_HEAD_BYTES];
    if (!reader_bytes(reader, head, sizeof(head)))
        return false;
    const size_t bytes = get_number(head, 4);
    if (bytes > STATE_FRAME_MAX)
        return reader_fail(reader, STATUS_DAMAGED, "a frame is damaged");
    if (!reader_bytes(reader, reader->frame, bytes))
        return false;
    reader->checksum = checksum_of(reader->checksum, reader->frame, bytes);
    if (get_number(head + 4, 8) != reader->checksum)
        return reader_fail(reader, STATUS_DAMAGED, "a frame is damaged");
    reader->frame_bytes = bytes;
    reader->at = 0;
    if (bytes > 0)
        return true;
    reader->has_ended = true;
    if (fgetc(reader->stream) != EOF)
        return reader_fail(reader, STATUS_DAMAGED, "something follows its end");
    return false;
}

/* What a checksum cannot say: that who wrote it kept the rules. */
static bool reader_entry(struct state_reader *reader, struct state_entry *entry)
{
    const unsigned char *at = reader->frame + reader->at;
    const size_t left = reader->frame_bytes - reader->at;
    if (left < ENTRY_HEAD_BYTES)
        return reader_fail(reader, STATUS_DAMAGED, "a fact is damaged");
    const size_t shared = get_number(at, 2), differs = get_number(at + 2, 2);
    const size_t bytes = ENTRY_HEAD_BYTES + differs + 8u * at[4];
    if (at[4] > STATE_VALUES_MAX || bytes > left || shared + differs > STATE_KEY_MAX ||
        shared > (reader->at == 0 ? 0 : reader->key_bytes))
        return reader_fail(reader, STATUS_DAMAGED, "a fact is damaged");
    const struct slice before = slice_of((const char *)reader->key_before, reader->key_bytes);
    memcpy(reader->key_before, reader->key, reader->key_bytes);
    entry->values_count = at[4];
    memcpy(reader->key + shared, at + ENTRY_HEAD_BYTES, differs);
    reader->key_bytes = shared + differs;
    entry->key = slice_of((const char *)reader->key, reader->key_bytes);
    if (reader->key_bytes == 0 || (reader->has_key && state_key_order(before, entry->key) >= 0))
        return reader_fail(reader, STATUS_DAMAGED, "its facts are not in order");
    reader->has_key = true;
    for (unsigned i = 0; i < STATE_VALUES_MAX; i++)
        entry->values[i] =
            i < entry->values_count
                ? (int64_t)get_number(at + ENTRY_HEAD_BYTES + differs + (size_t)(8 * i), 8)
                : 0;
    reader->at += bytes;
    return true;
}

bool state_reader_next(struct state_reader *reader, struct state_entry *entry)
{
    if (!reader->has_begun && !reader_begin(reader))
        return false;
    if (reader->has_ended)
        return false;
    if (reader->at == reader->frame_bytes && !reader_frame(reader))
        return false;
    return reader_entry(reader, entry);
}

enum status state_reader_status(const struct state_reader *reader)
{
    return reader->status;
}

const char *state_reader_problem(const struct state_reader *reader)
{
    return reader->problem;
}

uint64_t state_reader_offset(const struct state_reader *reader)
{
    return reader->offset;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

struct state_writer {
    FILE *stream;
    uint64_t checksum;
    int error; /* errno of what failed first */
    size_t bytes;
    size_t key_bytes;
    unsigned char key[STATE_KEY_MAX]; /* of the entry before */
    unsigned char frame[STATE_FRAME_MAX];
};

static void writer_bytes(struct state_writer *writer, const unsigned char *bytes, size_t count)
{
    if (writer->error == 0 && fwrite(bytes, 1, count, writer->stream) != count)
        writer->error = errno != 0 ? errno : EIO;
}

enum status state_writer_create(struct state_writer **out, FILE *stream)
{
    struct state_writer *const writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return STATUS_NO_MEMORY;
    writer->stream = stream;
    unsigned char header[HEADER_BYTES] = {0};
    memcpy(header, magic, sizeof(magic));
    put_number(header + 8, 4, STATE_VERSION);
    writer->checksum = checksum_of(0, header, HEADER_CHECKED);
    put_number(header + HEADER_CHECKED, 8, writer->checksum);
    writer_bytes(writer, header, sizeof(header));
    *out = writer;
    return STATUS_OK;
}

void state_writer_destroy(struct state_writer *writer)
{
    free(writer);
}

static void writer_frame(struct state_writer *writer)
{
    unsigned char head[FRAME_HEAD_BYTES];
    writer->checksum = checksum_of(writer->checksum, writer->frame, writer->bytes);
    put_number(head, 4, writer->bytes);
    put_number(head + 4, 8, writer->checksum);
    writer_bytes(writer, head, sizeof(head));
    writer_bytes(writer, writer->frame, writer->bytes);
    writer->bytes = 0;
}

static size_t shared_bytes(const struct state_writer *writer, struct slice key)
{
    size_t shared = 0;
    while (shared < writer->key_bytes && shared < key.bytes &&
           writer->key[shared] == (unsigned char)key.start[shared])
        shared++;
    return shared;
}

void state_writer_add(struct state_writer *writer, const struct state_entry *entry)
{
    assert(entry->key.bytes > 0 && entry->key.bytes <= STATE_KEY_MAX);
    assert(entry->values_count <= STATE_VALUES_MAX);
    if (writer->bytes + ENTRY_MAX > STATE_FRAME_MAX)
        writer_frame(writer);
    /* A frame can be read without the one before it. */
    const size_t shared = writer->bytes > 0 ? shared_bytes(writer, entry->key) : 0;
    const size_t differs = entry->key.bytes - shared;
    unsigned char *at = writer->frame + writer->bytes;
    put_number(at, 2, shared);
    put_number(at + 2, 2, differs);
    at[4] = (unsigned char)entry->values_count;
    memcpy(at + ENTRY_HEAD_BYTES, entry->key.start + shared, differs);
    at += ENTRY_HEAD_BYTES + differs;
    for (unsigned i = 0; i < entry->values_count; i++, at += 8)
        put_number(at, 8, (uint64_t)entry->values[i]);
    writer->bytes = (size_t)(at - writer->frame);
    memcpy(writer->key, entry->key.start, entry->key.bytes);
    writer->key_bytes = entry->key.bytes;
}

enum status state_writer_end(struct state_writer *writer)
{
    if (writer->bytes > 0)
        writer_frame(writer);
    writer_frame(writer); /* an empty one is the end */
    if (writer->error == 0 && fflush(writer->stream) != 0)
        writer->error = errno;
    errno = writer->error;
    return writer->error == 0 ? STATUS_OK : STATUS_IO;
}
