#include "parsers/telltale.h"

#include "parsers/format.h"

/* ---- Reading ------------------------------------------------------------------------------ */

static void read_presence(struct telltale *telltale, const struct reading *reading,
                          const struct node *paths, struct path_slots *slots)
{
    if (!reading_sequence(reading, paths, "the paths of a condition", RECORD_FIELDS_MAX))
        return;
    for (size_t i = 0; i < paths->count; i++) {
        uint8_t slot;
        if (path_slots_take(slots, reading, paths->items[i], &slot))
            telltale->slots |= UINT64_C(1) << slot;
    }
}

/* A bit for the first two bytes of a text without regard to case, so that most texts that are none
 * of many are told by it. All bits for what is shorter. */
static inline uint64_t beginning_of(struct slice text)
{
    if (text.bytes < 2)
        return UINT64_MAX;
    const unsigned first = slice_fold_byte((unsigned char)text.start[0]);
    const unsigned second = slice_fold_byte((unsigned char)text.start[1]);
    return UINT64_C(1) << ((first + 5 * second) & 63);
}

static void read_texts(struct telltales *telltales, struct telltale *telltale,
                       const struct reading *reading, const struct node *texts)
{
    if (!reading_sequence(reading, texts, "the texts of a condition",
                          TELLTALE_TEXTS_MAX - telltales->texts_count))
        return;
    telltale->texts_first = (uint8_t)telltales->texts_count;
    for (size_t i = 0; i < texts->count; i++) {
        struct slice text;
        if (!reading_text(reading, texts->items[i], "the text of a condition", &text))
            continue;
        const bool is_suffix = slice_starts_with(text, SLICE("*"));
        const bool is_prefix = !is_suffix && slice_ends_with(text, SLICE("*"));
        const struct slice bare =
            slice_of(text.start + is_suffix, text.bytes - is_suffix - is_prefix);
        telltales->texts[telltales->texts_count].is_prefix = is_prefix;
        telltales->texts[telltales->texts_count].is_suffix = is_suffix;
        telltales->texts[telltales->texts_count++].text = bare;
        telltale->texts_count++;
        telltale->beginnings |= is_suffix ? UINT64_MAX : beginning_of(bare);
    }
}

static void read_telltale(struct telltales *telltales, const struct reading *reading,
                          const struct node *node, struct path_slots *slots)
{
    static const char *const keys[] = {"has", "lacks", "path", "is", "is-not", NULL};
    if (!reading_mapping(reading, node, "a condition", keys))
        return;
    const struct node *const has = node_get(node, "has"), *const lacks = node_get(node, "lacks");
    const struct node *const path = node_get(node, "path"), *const is = node_get(node, "is");
    const struct node *const is_not = node_get(node, "is-not");
    struct telltale *const telltale = &telltales->items[telltales->count];
    *telltale = (struct telltale){0};
    if ((has != NULL) + (lacks != NULL) + (path != NULL) != 1 ||
        (path != NULL ? (is == NULL) == (is_not == NULL) : is != NULL || is_not != NULL)) {
        reading_complain(reading, node, "S102",
                         "a condition is either 'has', 'lacks', or 'path' with 'is' or 'is-not'");
        return;
    }
    telltales->count++;
    if (path == NULL) {
        telltale->kind = has != NULL ? TELLTALE_HAS : TELLTALE_LACKS;
        read_presence(telltale, reading, has != NULL ? has : lacks, slots);
        return;
    }
    telltale->kind = is != NULL ? TELLTALE_IS : TELLTALE_IS_NOT;
    if (path_slots_take(slots, reading, path, &telltale->slot))
        telltale->slots = UINT64_C(1) << telltale->slot;
    read_texts(telltales, telltale, reading, is != NULL ? is : is_not);
}

void telltales_read(struct telltales *telltales, const struct reading *reading,
                    const struct node *when, struct path_slots *slots)
{
    *telltales = (struct telltales){0};
    if (when == NULL || !reading_sequence(reading, when, "when", TELLTALES_MAX))
        return;
    for (size_t i = 0; i < when->count; i++)
        read_telltale(telltales, reading, when->items[i], slots);
}

/* ---- Asking ------------------------------------------------------------------------------- */

static bool is_one_of(const struct telltales *telltales, const struct telltale *telltale,
                      struct slice text)
{
    if ((telltale->beginnings & beginning_of(text)) == 0)
        return false;
    for (unsigned i = 0; i < telltale->texts_count; i++) {
        const struct slice wanted = telltales->texts[telltale->texts_first + i].text;
        struct slice part = text;
        if (text.bytes > wanted.bytes && telltales->texts[telltale->texts_first + i].is_prefix)
            part = slice_of(text.start, wanted.bytes);
        if (text.bytes > wanted.bytes && telltales->texts[telltale->texts_first + i].is_suffix)
            part = slice_from(text, text.bytes - wanted.bytes);
        if (slice_equals_folded(part, wanted))
            return true;
    }
    return false;
}

/* Whether a list holds one of the texts, written without escapes. */
static bool list_has_one_of(const struct telltales *telltales, const struct telltale *telltale,
                            struct slice list)
{
    while (list.bytes > 0) {
        list = slice_from(list, slice_find(list, '"') + 1);
        const size_t end = slice_find(list, '"');
        if (end < list.bytes && is_one_of(telltales, telltale, slice_of(list.start, end)))
            return true;
        list = slice_from(list, end + 1);
    }
    return false;
}

static bool value_holds(const struct telltales *telltales, const struct telltale *telltale,
                        const struct record *record, char *scratch)
{
    const struct field_value *const value = &record->values[telltale->slot];
    if (!(record->present >> telltale->slot & 1) || value->kind == VALUE_NULL)
        return false;
    bool is_one;
    if (value->kind == VALUE_NESTED)
        is_one = list_has_one_of(telltales, telltale, value->text);
    else
        is_one =
            is_one_of(telltales, telltale,
                      value->escaped ? format_text(value, scratch, LIMIT_TEXT_BYTES) : value->text);
    return is_one == (telltale->kind == TELLTALE_IS);
}

static inline bool holds(const struct telltales *telltales, const struct telltale *telltale,
                         const struct record *record, char *scratch)
{
    const bool is_there = (record->present & telltale->slots) != 0;
    switch (telltale->kind) {
    case TELLTALE_HAS:
        return is_there;
    case TELLTALE_LACKS:
        return !is_there;
    case TELLTALE_IS:
    case TELLTALE_IS_NOT:
        break;
    }
    return value_holds(telltales, telltale, record, scratch);
}

const struct telltale *telltales_failing(const struct telltales *telltales,
                                         const struct record *record, char *scratch)
{
    for (size_t i = 0; i < telltales->count; i++) {
        if (!holds(telltales, &telltales->items[i], record, scratch))
            return &telltales->items[i];
    }
    return NULL;
}

bool telltales_hold(const struct telltales *telltales, const struct record *record, char *scratch)
{
    return telltales_failing(telltales, record, scratch) == NULL;
}

static uint64_t roots_of(const struct path_slots *slots, uint64_t mask)
{
    uint64_t roots = 0;
    for (; mask != 0; mask &= mask - 1)
        roots |= path_slots_root(slots, (unsigned)__builtin_ctzll(mask));
    return roots;
}

uint64_t telltales_slots(const struct telltales *telltales, const struct path_slots *slots)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < telltales->count; i++)
        mask |= telltales->items[i].slots;
    return roots_of(slots, mask);
}

uint64_t telltales_certain(const struct telltales *telltales, const struct path_slots *slots)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < telltales->count; i++) {
        const struct telltale *const telltale = &telltales->items[i];
        if (telltale->kind != TELLTALE_LACKS && (telltale->slots & (telltale->slots - 1)) == 0)
            mask |= telltale->slots;
    }
    return roots_of(slots, mask);
}
