#include "engine/near_miss.h"

enum { FAR = 2 }; /* items that would have to change; more are no nearer */

/* How many items would have to be decided otherwise, FAR at most, for `expression` to be as wanted.
 */
static unsigned distance(struct matcher *matcher, const struct expression *expression, bool wanted)
{
    if (expression->item != NULL) {
        if (matcher_holds(matcher, expression) == wanted)
            return 0;
        return expression->item->is_logsource ? FAR : 1;
    }
    if (expression->kind == EXPRESSION_NOT)
        return distance(matcher, expression->children[0], !wanted);
    const bool needs_all = (expression->kind == EXPRESSION_AND) == wanted;
    unsigned sum = 0, least = FAR;
    for (size_t i = 0; i < expression->children_count; i++) {
        const unsigned child = distance(matcher, expression->children[i], wanted);
        sum = sum + child < FAR ? sum + child : FAR;
        least = child < least ? child : least;
    }
    return needs_all ? sum : least;
}

/* Whether an item holds that the rule asks for, beside its log source. */
static bool has_held(struct matcher *matcher, const struct expression *expression, bool wanted)
{
    if (expression->item != NULL)
        return wanted && !expression->item->is_logsource && matcher_holds(matcher, expression);
    const bool below = expression->kind == EXPRESSION_NOT ? !wanted : wanted;
    for (size_t i = 0; i < expression->children_count; i++) {
        if (has_held(matcher, expression->children[i], below))
            return true;
    }
    return false;
}

struct collecting {
    struct matcher *matcher;
    struct missed_item *missed;
    size_t count;
};

/* Adds the items that stand between `expression` and what is wanted of it, which is one step away.
 */
static void collect(struct collecting *collecting, const struct expression *expression, bool wanted,
                    const char *label)
{
    if (expression->label != NULL)
        label = expression->label;
    if (expression->item != NULL) {
        if (collecting->count < MISSED_ITEMS_MAX)
            collecting->missed[collecting->count++] = (struct missed_item){
                .item = expression->item,
                .label = label,
                .must_hold = wanted,
            };
        return;
    }
    const bool below = expression->kind == EXPRESSION_NOT ? !wanted : wanted;
    for (size_t i = 0; i < expression->children_count; i++) {
        if (distance(collecting->matcher, expression->children[i], below) == 1)
            collect(collecting, expression->children[i], below, label);
    }
}

size_t near_miss(struct matcher *matcher, const struct expression *rule,
                 struct missed_item missed[MISSED_ITEMS_MAX])
{
    struct collecting collecting = {.matcher = matcher, .missed = missed};
    if (distance(matcher, rule, true) == 1 && has_held(matcher, rule, true))
        collect(&collecting, rule, true, "");
    return collecting.count;
}
