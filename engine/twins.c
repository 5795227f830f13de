#include "engine/twins.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/names.h"

struct twins_held {
    struct attempt attempt;
    int64_t until_ns; /* held back until the time is past this */
    bool is_removed;
};

/* An attempt with a witness, as it is looked for by its twin. */
struct twins_note {
    int64_t time_ns;
    uint64_t held;  /* its position among the held ones, which may have gone */
    uint64_t older; /* position of the note before it in its bucket */
    uint32_t account, source, source_host;
    bool by_host, is_success, has_twin;
};

enum { HEADS_MAX = TWINS_NOTES_MAX };

enum status twins_init(struct twins *twins)
{
    *twins = (struct twins){.notes_end = 1, .now_ns = INT64_MIN};
    twins->held = calloc(TWINS_HELD_MAX, sizeof(*twins->held));
    twins->notes = calloc(TWINS_NOTES_MAX, sizeof(*twins->notes));
    twins->heads = calloc(HEADS_MAX, sizeof(*twins->heads));
    if (twins->held != NULL && twins->notes != NULL && twins->heads != NULL)
        return STATUS_OK;
    twins_deinit(twins);
    return STATUS_NO_MEMORY;
}

void twins_deinit(struct twins *twins)
{
    free(twins->held);
    free(twins->notes);
    free(twins->heads);
    *twins = (struct twins){0};
}

static struct twins_held *held_at(const struct twins *twins, uint64_t position)
{
    return &twins->held[position % TWINS_HELD_MAX];
}

static struct twins_note *note_at(const struct twins *twins, uint64_t position)
{
    return &twins->notes[position % TWINS_NOTES_MAX];
}

/* Names are numbered in the order they are met: their numbers spread by themselves. */
static uint64_t *head_of(const struct twins *twins, uint32_t account)
{
    return &twins->heads[account % HEADS_MAX];
}

static bool is_note(const struct twins *twins, uint64_t position)
{
    return position != 0 && position + TWINS_NOTES_MAX >= twins->notes_end;
}

/* ---- Matching ------------------------------------------------------------------------------- */

static struct twins_note note_of(const struct attempt *attempt, uint64_t held)
{
    return (struct twins_note){
        .time_ns = attempt->time_ns,
        .held = held,
        .account = attempt->name[TEXT_ACCOUNT],
        .source = attempt->source,
        .source_host = attempt->name[TEXT_SOURCE_HOST],
        .by_host = (attempt->flags & EVENT_BY_HOST) != 0,
        .is_success = attempt->outcome == OUTCOME_SUCCESS,
    };
}

static bool may_be_same(uint32_t left, uint32_t right)
{
    return left == right || left == NAME_NONE || right == NAME_NONE;
}

static bool are_near(int64_t left_ns, int64_t right_ns)
{
    int64_t apart_ns;
    if (__builtin_sub_overflow(left_ns, right_ns, &apart_ns))
        return false;
    return apart_ns >= -TWINS_SPAN_NS && apart_ns <= TWINS_SPAN_NS;
}

static bool are_twins(const struct twins_note *left, const struct twins_note *right)
{
    return !left->has_twin && left->by_host != right->by_host && left->account == right->account &&
           left->is_success == right->is_success && are_near(left->time_ns, right->time_ns) &&
           may_be_same(left->source, right->source) &&
           may_be_same(left->source_host, right->source_host);
}

/* The oldest note that is this one's twin; NULL: none. */
static struct twins_note *find_twin(const struct twins *twins, const struct twins_note *wanted)
{
    struct twins_note *twin = NULL;
    uint64_t position = *head_of(twins, wanted->account);
    for (int i = 0; i < TWINS_LOOKED_AT_MAX && is_note(twins, position); i++) {
        struct twins_note *const note = note_at(twins, position);
        if (are_twins(note, wanted))
            twin = note;
        position = note->older;
    }
    return twin;
}

static void add_note(struct twins *twins, const struct twins_note *note)
{
    uint64_t *const head = head_of(twins, note->account);
    struct twins_note *const place = note_at(twins, twins->notes_end);
    *place = *note;
    place->older = *head;
    *head = twins->notes_end++;
}

/* Would it be this one to go? */
static bool is_poorer(const struct twins_note *note, const struct twins_note *other)
{
    if ((note->source == NAME_NONE) != (other->source == NAME_NONE))
        return note->source == NAME_NONE;
    return !note->by_host;
}

/* Of two that belong together, one goes: the poorer one while it is here, else the one that is. */
static void remove_one(struct twins *twins, struct twins_note *earlier,
                       const struct twins_note *later)
{
    const bool is_here = earlier->held >= twins->first && earlier->held < twins->end;
    struct twins_held *const goes =
        held_at(twins, is_here && is_poorer(earlier, later) ? earlier->held : later->held);
    goes->is_removed = true;
    twins->removed++;
    if (is_here)
        held_at(twins, earlier->held)->until_ns = INT64_MIN; /* it waits for nobody else */
}

/* ---- Passing through ------------------------------------------------------------------------ */

/* Until when an attempt waits: one that no twin can be richer than does not. */
static int64_t wait_until(const struct attempt *attempt)
{
    int64_t until_ns;
    if ((attempt->flags & EVENT_BY_HOST) != 0 && attempt->source != NAME_NONE)
        return INT64_MIN;
    if (__builtin_add_overflow(attempt->time_ns, TWINS_SPAN_NS, &until_ns))
        return INT64_MIN;
    return until_ns;
}

static bool can_have_twin(const struct attempt *attempt)
{
    return (attempt->flags & (EVENT_BY_HOST | EVENT_BY_AUTHORITY)) != 0 &&
           attempt->name[TEXT_ACCOUNT] != NAME_NONE && attempt->name[TEXT_ACCOUNT] != NAME_OTHER &&
           attempt->source != NAME_OTHER;
}

void twins_push(struct twins *twins, const struct attempt *attempt)
{
    assert(twins->end - twins->first < TWINS_HELD_MAX);
    struct twins_held *const held = held_at(twins, twins->end);
    held->attempt = *attempt;
    held->until_ns = INT64_MIN;
    held->is_removed = false;
    twins->end++;
    if (attempt->time_ns > twins->now_ns)
        twins->now_ns = attempt->time_ns;
    if (!can_have_twin(attempt))
        return;
    struct twins_note note = note_of(attempt, twins->end - 1);
    struct twins_note *const twin = find_twin(twins, &note);
    if (twin != NULL) {
        twin->has_twin = note.has_twin = true;
        remove_one(twins, twin, &note);
        return;
    }
    held->until_ns = wait_until(attempt);
    add_note(twins, &note);
}

enum twins_result twins_pop(struct twins *twins, bool is_end, struct attempt *attempt)
{
    if (twins->first == twins->end)
        return TWINS_NONE;
    const struct twins_held *const held = held_at(twins, twins->first);
    const bool is_full = twins->end - twins->first == TWINS_HELD_MAX;
    if (!held->is_removed && !is_end && !is_full && held->until_ns >= twins->now_ns)
        return TWINS_NONE;
    twins->first++;
    *attempt = held->attempt;
    return held->is_removed ? TWINS_REMOVED : TWINS_GOES_ON;
}
