#include "parsers/path.h"

#include "parsers/login_line.h"

const struct path_sshd_part path_sshd_parts[SSHD_PARTS_COUNT] = {
    {{"result", 6}, offsetof(struct login_line, result)},
    {{"method", 6}, offsetof(struct login_line, method)},
    {{"account", 7}, offsetof(struct login_line, account)},
    {{"source", 6}, offsetof(struct login_line, source)},
    {{"port", 4}, offsetof(struct login_line, port)},
};

/* ---- Writing ------------------------------------------------------------------------------ */

/* A path cut at its last bracket or brace: what comes before, what it is, what follows. */
struct last_step {
    enum {
        STEP_NONE,
        STEP_OBJECT,
        STEP_FIRST,
        STEP_SELECT,
        STEP_PAIR,
        STEP_BETWEEN,
        STEP_SSHD
    } kind;
    struct slice head;       /* the container's own path */
    struct slice key, value; /* of STEP_SELECT, STEP_PAIR, STEP_BETWEEN and STEP_SSHD */
    struct slice rest;       /* a plain path; empty: none */
};

static const char no_end[] = "a bracket is not closed";
static const char no_begin[] = "a bracket closes nothing; put a backslash before one in a key";
static const char no_value[] =
    "brackets hold nothing, or key=value; put a backslash before one in a key";
static const char no_excerpt[] = "parentheses hold key=, before|after, or sshd. with a part";
static const char no_more[] = "nothing can follow a part of a text";
static const char no_key[] = "a key is empty";
static const char no_dot[] = "behind a bracket comes a dot, or the end";
static const char no_object[] = "{} is followed by a dot and a key of the object";
static const char no_element[] = "[key=value] is followed by a dot and a key of the element";

/* The first of `ends` from `at` on that no backslash makes an ordinary byte. */
static size_t find_unescaped(struct slice text, size_t at, const char *ends)
{
    for (; at < text.bytes; at++) {
        if (text.start[at] == '\\')
            at++;
        else if (strchr(ends, text.start[at]) != NULL)
            return at;
    }
    return text.bytes;
}

static bool is_excerpt(const struct last_step *step)
{
    return step->kind == STEP_PAIR || step->kind == STEP_BETWEEN || step->kind == STEP_SSHD;
}

/* SSHD_PARTS_COUNT: there is no such part. */
static size_t find_sshd_part(struct slice name)
{
    size_t part = 0;
    while (part < SSHD_PARTS_COUNT && !slice_equals(name, path_sshd_parts[part].name))
        part++;
    return part;
}

static const char *cut_excerpt(struct slice inside, struct last_step *step)
{
    if (slice_starts_with(inside, SLICE("sshd."))) {
        step->kind = STEP_SSHD;
        step->key = slice_from(inside, sizeof("sshd.") - 1);
        step->value = slice_of("", 0);
        return find_sshd_part(step->key) < SSHD_PARTS_COUNT ? NULL : no_excerpt;
    }
    const size_t bar = find_unescaped(inside, 0, "|");
    if (bar < inside.bytes) {
        step->kind = STEP_BETWEEN;
        step->key = slice_of(inside.start, bar);
        step->value = slice_from(inside, bar + 1);
        return NULL;
    }
    step->kind = STEP_PAIR;
    step->key = slice_of(inside.start, inside.bytes > 0 ? inside.bytes - 1 : 0);
    return inside.bytes > 1 && slice_ends_with(inside, SLICE("=")) ? NULL : no_excerpt;
}

static const char *cut_selection(struct slice inside, struct last_step *step)
{
    const size_t equals = slice_find(inside, '=');
    step->kind = inside.bytes == 0 ? STEP_FIRST : STEP_SELECT;
    step->key = slice_of(inside.start, equals);
    step->value = slice_from(inside, equals + 1);
    if (step->kind == STEP_SELECT && (step->key.bytes == 0 || step->value.bytes == 0))
        return no_value;
    return NULL;
}

static const char *cut_bracket(struct slice path, size_t open, size_t *behind,
                               struct last_step *step)
{
    const char bracket = path.start[open];
    const size_t close = find_unescaped(path, open + 1,
                                        bracket == '{'   ? "}"
                                        : bracket == '[' ? "]"
                                                         : ")");
    if (close >= path.bytes)
        return no_end;
    if (is_excerpt(step) && bracket != '(')
        return no_more;
    const struct slice inside = slice_of(path.start + open + 1, close - open - 1);
    *behind = close + 1;
    step->head = slice_of(path.start, open);
    if (bracket == '[')
        return cut_selection(inside, step);
    if (bracket == '(')
        return cut_excerpt(inside, step);
    step->kind = STEP_OBJECT;
    return inside.bytes == 0 ? NULL : no_value;
}

/* Passes over the brackets and braces at `*at`; the last of them is the step. */
static const char *cut_brackets(struct slice path, size_t *at, struct last_step *step)
{
    while (*at < path.bytes && strchr("[{(", path.start[*at]) != NULL) {
        const char *const wrong = cut_bracket(path, *at, at, step);
        if (wrong != NULL)
            return wrong;
        step->rest = slice_from(path, *at + 1); /* behind a dot, if any */
    }
    return NULL;
}

/* What is wrong with the path; NULL: nothing. */
static const char *cut_path(struct slice path, struct last_step *step)
{
    *step = (struct last_step){.rest = path};
    for (size_t at = 0;; at++) {
        const size_t key_end = find_unescaped(path, at, ".[]{}()");
        if (key_end == at)
            return no_key;
        at = key_end;
        const char *const wrong = cut_brackets(path, &at, step);
        if (wrong != NULL)
            return wrong;
        if (at >= path.bytes)
            break;
        if (path.start[at] != '.')
            return strchr("]})", path.start[at]) != NULL ? no_begin : no_dot;
    }
    if (step->kind == STEP_OBJECT && step->rest.bytes == 0)
        return no_object;
    if (step->kind == STEP_SELECT && step->rest.bytes == 0)
        return no_element;
    return is_excerpt(step) && step->rest.bytes > 0 ? no_more : NULL;
}

/* ---- Slots -------------------------------------------------------------------------------- */

/* While one path is taken: what went wrong. */
struct taking {
    struct path_slots *slots;
    const char *wrong;
};

static bool fail(struct taking *taking, const char *wrong)
{
    taking->wrong = wrong;
    return false;
}

static bool find_slot(const struct path_slots *slots, struct slice path, uint8_t *slot)
{
    for (size_t i = 0; i < slots->count; i++) {
        if (slice_equals_folded(slice_from_string(slots->items[i].path), path)) {
            *slot = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool add_slot(struct taking *taking, struct slice path, uint8_t root, uint8_t *slot)
{
    struct path_slots *const slots = taking->slots;
    if (slots->count == RECORD_FIELDS_MAX)
        return fail(taking, "there are more different paths than a record has room for");
    const char *const text = arena_copy(&slots->arena, path);
    if (text == NULL)
        return fail(taking, "out of memory");
    *slot = (uint8_t)slots->count;
    slots->items[slots->count].path = text;
    slots->items[slots->count].is_inner = root != SLOT_NONE;
    slots->items[slots->count].root = root != SLOT_NONE ? root : *slot;
    slots->count++;
    return true;
}

static struct container *take_container(struct taking *taking, uint8_t slot,
                                        enum container_kind kind)
{
    struct path_slots *const slots = taking->slots;
    for (size_t i = 0; i < slots->containers_count; i++) {
        if (slots->containers[i].slot == slot && slots->containers[i].kind == kind)
            return &slots->containers[i];
    }
    if (slots->containers_count == CONTAINERS_MAX) {
        fail(taking, "there are too many different lists and strings to look into");
        return NULL;
    }
    struct container *const container = &slots->containers[slots->containers_count++];
    *container = (struct container){.slot = slot, .kind = kind, .scalar_slot = SLOT_NONE};
    return container;
}

static bool take_inner(struct taking *taking, struct container *container, struct slice path,
                       uint8_t *inner)
{
    for (size_t i = 0; i < container->inner_count; i++) {
        if (slice_equals_folded(slice_from_string(container->inner_paths[i]), path)) {
            *inner = (uint8_t)i;
            return true;
        }
    }
    if (container->inner_count == RECORD_FIELDS_MAX)
        return fail(taking, "there are too many different paths into one list or string");
    const char *const text = arena_copy(&taking->slots->arena, path);
    if (text == NULL)
        return fail(taking, "out of memory");
    *inner = (uint8_t)container->inner_count;
    container->inner_paths[container->inner_count++] = text;
    return true;
}

static bool take_branch(struct taking *taking, struct container *container,
                        const struct last_step *step, uint8_t *place)
{
    struct branch branch = {.has_value = step->kind == STEP_SELECT, .value = step->value};
    if (branch.has_value && !take_inner(taking, container, step->key, &branch.key))
        return false;
    for (size_t i = 0; i < container->branches_count; i++) {
        const struct branch *const other = &container->branches[i];
        if (other->has_value == branch.has_value && other->key == branch.key &&
            (!branch.has_value || slice_equals_folded(other->value, branch.value))) {
            *place = (uint8_t)i;
            return true;
        }
    }
    if (container->branches_count == BRANCHES_MAX)
        return fail(taking, "there are too many different elements of one list");
    if (branch.has_value) {
        const char *const text = arena_copy(&taking->slots->arena, branch.value);
        if (text == NULL)
            return fail(taking, "out of memory");
        branch.value.start = text;
    }
    *place = (uint8_t)container->branches_count;
    container->branches[container->branches_count++] = branch;
    return true;
}

/* A copy of what the schema writes, without its backslashes. */
static bool copy_plain(struct taking *taking, struct slice written, struct slice *plain)
{
    char *const text = arena_copy(&taking->slots->arena, written);
    if (text == NULL)
        return fail(taking, "out of memory");
    *plain = slice_of(text, record_path_unescape(written, text));
    return true;
}

static bool take_excerpt(struct taking *taking, uint8_t outer, struct slice path,
                         const struct last_step *step, uint8_t *slot)
{
    struct container *const container = take_container(taking, outer, CONTAINER_TEXT);
    struct excerpt excerpt = {
        .kind = step->kind == STEP_PAIR   ? EXCERPT_PAIR
                : step->kind == STEP_SSHD ? EXCERPT_SSHD
                                          : EXCERPT_BETWEEN,
        .sshd_part = (uint8_t)find_sshd_part(step->key),
    };
    if (container == NULL)
        return false;
    if (container->excerpts_count == EXCERPTS_MAX)
        return fail(taking, "there are too many different parts of one text");
    if (!copy_plain(taking, step->key, &excerpt.before) ||
        !copy_plain(taking, step->value, &excerpt.after) ||
        !add_slot(taking, path, taking->slots->items[outer].root, slot))
        return false;
    excerpt.slot = *slot;
    container->excerpts[container->excerpts_count++] = excerpt;
    container->has_sshd |= excerpt.kind == EXCERPT_SSHD;
    return true;
}

/* Of `path`, whose last step is `step`, into a container that has a slot. */
static bool take_output(struct taking *taking, uint8_t outer, struct slice path,
                        const struct last_step *step, uint8_t *slot)
{
    struct container *const container = take_container(taking, outer, step->kind != STEP_OBJECT);
    uint8_t branch = 0, inner = 0;
    const bool is_scalar = step->rest.bytes == 0;
    if (container == NULL || (!is_scalar && !take_branch(taking, container, step, &branch)) ||
        (!is_scalar && !take_inner(taking, container, step->rest, &inner)) ||
        !add_slot(taking, path, taking->slots->items[outer].root, slot))
        return false;
    if (is_scalar) {
        container->scalar_slot = *slot;
        return true;
    }
    container->outputs[container->outputs_count].branch = branch;
    container->outputs[container->outputs_count].inner = inner;
    container->outputs[container->outputs_count].slot = *slot;
    container->outputs_count++;
    return true;
}

/* Goes as deep as the path has brackets, and each of them takes a slot. */
static bool take(struct taking *taking, struct slice path, uint8_t *slot)
{
    struct last_step step;
    uint8_t outer;
    const char *const wrong = cut_path(path, &step);
    if (wrong != NULL)
        return fail(taking, wrong);
    if (find_slot(taking->slots, path, slot))
        return true;
    if (step.kind == STEP_NONE)
        return add_slot(taking, path, SLOT_NONE, slot);
    if (taking->slots->count >= RECORD_FIELDS_MAX)
        return fail(taking, "there are more different paths than a record has room for");
    if (!take(taking, step.head, &outer))
        return false;
    return is_excerpt(&step) ? take_excerpt(taking, outer, path, &step, slot)
                             : take_output(taking, outer, path, &step, slot);
}

bool path_slots_take(struct path_slots *slots, const struct reading *reading,
                     const struct node *node, uint8_t *slot)
{
    struct taking taking = {.slots = slots};
    struct slice path;
    if (!reading_text(reading, node, "a path", &path))
        return false;
    if (path.bytes > LIMIT_TEXT_BYTES)
        reading_complain(reading, node, "S108", "a path is too long");
    else if (take(&taking, path, slot))
        return true;
    else if (slots->count == RECORD_FIELDS_MAX)
        reading_complain(reading, node, "S107", "more than %d different paths", RECORD_FIELDS_MAX);
    else
        reading_complain(reading, node, "S108", "'%.*s' is no path: %s", (int)path.bytes,
                         path.start, taking.wrong);
    return false;
}

/* ---- Compiling ---------------------------------------------------------------------------- */

enum status path_slots_finish(struct path_slots *slots, const char **wrong)
{
    for (size_t i = 0; i < slots->containers_count; i++) {
        struct container *const container = &slots->containers[i];
        struct record_path paths[RECORD_FIELDS_MAX];
        for (size_t inner = 0; inner < container->inner_count; inner++)
            paths[inner] = (struct record_path){container->inner_paths[inner], (unsigned)inner};
        enum status status =
            json_paths_create(&container->paths, paths, container->inner_count, NULL, 0);
        if (status == STATUS_OK && container->kind == CONTAINER_OBJECT)
            status = xml_event_paths_create(&container->xml_paths, paths, container->inner_count);
        if (status != STATUS_OK) {
            *wrong = slots->items[container->slot].path;
            return status;
        }
    }
    return STATUS_OK;
}

void path_slots_deinit(struct path_slots *slots)
{
    for (size_t i = 0; i < slots->containers_count; i++) {
        json_paths_destroy(slots->containers[i].paths);
        xml_event_paths_destroy(slots->containers[i].xml_paths);
    }
    arena_deinit(&slots->arena);
    *slots = (struct path_slots){0};
}
