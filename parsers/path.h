/*
 * Paths of a schema, and the slots of a record that they fill.
 *
 * A path is a list of keys with dots between them, each with what its value is when that is no
 * plain object:
 *
 * | written         | follows                                                                    |
 * | --------------- | -------------------------------------------------------------------------- |
 * | `a.b`           | the key b of the object under a                                            |
 * | `a[].b`         | b of the first object in the list under a                                  |
 * | `a[]`           | the first text or number of the list under a                               |
 * | `a[k=v].b`      | b of the first object in the list whose key k has the value v              |
 * | `a{}.b`         | b of the object under a, which may be JSON or XML inside of a string        |
 * | `a(k=)`         | the value of k in the text under a, which has pairs `k=v` or `k="v"`        |
 * | `a(x|y)`       | what stands in the text under a behind the first x and before the last y    |
 * | `a(k=)(x|y)`    | a part of that part                                                        |
 * | `a(sshd.x)`     | what the line of sshd under a says of an attempt (`parsers/sshd.h`); x is |
 * |                 | result, method, account, source or port                                    |
 * | `a\.b`          | the key `a.b`: a backslash makes any next byte an ordinary one, but `\n` is |
 * |                 | a line end                                                                 |
 *
 * A list, too, may be JSON inside a string, and an object in place of a list is a list of one. Of
 * `(x|y)`, an empty x is the beginning and an empty y the end; with an empty y, the last x counts,
 * and with an empty x, the first y. So no text in the middle, such as a name that somebody typed,
 * can move either. A line of
 * sshd may also be a list of bytes, as journald writes texts that are no UTF-8.
 * XML inside of a string begins at its first tag, and has the paths of `parsers/xml_event.h`.
 * Keys are compared without ASCII case, the v of `[k=v]` too. Keys of a plain path are followed by
 * the reader of the record's format; where a path goes through a list or a string, the reader gives
 * all of that (its *container*), and `containers_open` looks into it.
 *
 * `path_slots` is filled while a schema is compiled and immutable afterwards. It owns its texts.
 */
#pragma once

#include "engine/base/arena.h"
#include "parsers/json.h"
#include "parsers/reading.h"
#include "parsers/xml_event.h"

enum {
    CONTAINERS_MAX = 24,
    BRANCHES_MAX = 16, /* ways into one container */
    EXCERPTS_MAX = 24, /* of one text */
    SSHD_PARTS_COUNT = 5,
    SLOT_NONE = RECORD_FIELDS_MAX,
};

/* One way into a container: its object, the first of its elements, or the first with a value. */
struct branch {
    bool has_value;
    uint8_t key; /* of the element: slot of the inner record */
    struct slice value;
};

/* A part of a text. */
struct excerpt {
    enum { EXCERPT_BETWEEN, EXCERPT_PAIR, EXCERPT_SSHD } kind;
    uint8_t slot;
    uint8_t sshd_part;          /* of EXCERPT_SSHD: index into path_sshd_parts */
    struct slice before, after; /* of a pair, `before` is its key */
};

/* The names of what a line of sshd says, and where in `struct login_line` it is. */
struct path_sshd_part {
    struct slice name;
    size_t offset;
};
extern const struct path_sshd_part path_sshd_parts[SSHD_PARTS_COUNT];

enum container_kind { CONTAINER_OBJECT, CONTAINER_LIST, CONTAINER_TEXT };

/* What is looked at inside the value of a slot. */
struct container {
    enum container_kind kind;
    uint8_t slot;
    size_t excerpts_count; /* of CONTAINER_TEXT, which has nothing else */
    struct excerpt excerpts[EXCERPTS_MAX];
    bool has_sshd;       /* some of them are of EXCERPT_SSHD */
    uint8_t scalar_slot; /* takes the first text or number of a list; or SLOT_NONE */
    size_t branches_count;
    struct branch branches[BRANCHES_MAX];
    size_t inner_count; /* paths into an element, slots 0, 1, … of the inner record */
    const char *inner_paths[RECORD_FIELDS_MAX];
    struct json_paths *paths;          /* the same, compiled … */
    struct xml_event_paths *xml_paths; /* … for XML, too, of CONTAINER_OBJECT */
    size_t outputs_count;
    struct {
        uint8_t branch, inner, slot;
    } outputs[RECORD_FIELDS_MAX];
};

struct path_slots {
    struct arena arena;
    size_t count;
    struct {
        const char *path;
        bool is_inner; /* it comes out of a container, not from the reader */
        uint8_t root;  /* the slot of the reader that it comes from; itself for a plain path */
    } items[RECORD_FIELDS_MAX];
    size_t containers_count;
    struct container containers[CONTAINERS_MAX]; /* one that lies within another stands behind it */
};

void path_slots_deinit(struct path_slots *slots);

/* The slot of the path at `node`, a new one when nobody has asked for it yet. False, with a
 * complaint, when it is no path or there are no more slots. */
bool path_slots_take(struct path_slots *slots, const struct reading *reading,
                     const struct node *node, uint8_t *slot);

/* Compiles the paths inside containers, when all are known. STATUS_CONFIG: one cannot be followed,
 * and `*wrong` is the path of its container. */
STATUS_CHECKED enum status path_slots_finish(struct path_slots *slots, const char **wrong);

/* The bit of the reader's slot that a slot comes from. */
static inline uint64_t path_slots_root(const struct path_slots *slots, unsigned slot)
{
    return UINT64_C(1) << slots->items[slot].root;
}
