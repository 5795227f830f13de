/*
 * A list of facts: what a run has learned, made ready to join what was known before.
 *
 * Facts are added in any order. Then the counts that the state before holds already are taken off,
 * which leaves what this run has counted, and that gets the run's origin: a hash of the list
 * itself, so it is a function of the input. What a fact is about is kept once for all facts about
 * it. Texts and facts together stay within the share given; what does not fit is counted. One
 * thread.
 */
#pragma once

#include "engine/base/region.h"
#include "engine/state_fact.h"

struct state_item;

struct state_list {
    struct region texts, items; /* of struct state_item */
    size_t bytes_max, count, given;
    uint64_t refused;  /* facts without room */
    uint64_t origin;   /* 0: not signed yet */
    const char *about; /* of the facts added now; NULL: no room for it */
    size_t about_bytes;
    enum state_kind kind;
    struct state_key key; /* of the fact given last */
};

STATUS_CHECKED enum status state_list_init(struct state_list *list, size_t bytes_max);
void state_list_deinit(struct state_list *list);

/* What the next facts are about: a key as far as it is made. */
void state_list_about(struct state_list *list, const struct state_key *key);
void state_list_add(struct state_list *list, unsigned aspect, int64_t number,
                    const int64_t *values);

void state_list_sort(struct state_list *list);

/* Takes the counts of a state off those of the sorted list. */
STATUS_CHECKED enum status state_list_subtract(struct state_list *list,
                                               struct state_reader *reader);

/* Gives the facts their origin. */
void state_list_sign(struct state_list *list);

/* A source for `state_merge`: the facts in order. */
bool state_list_next(void *list, struct state_entry *entry);
