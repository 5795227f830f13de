#include "engine/watched.h"

#include <stdbool.h>

#include "engine/base/civil.h"

void watched_resume(struct watched *watched, int64_t oldest_ns, int64_t newest_ns)
{
    *watched =
        (struct watched){.count = WATCHED_JUMP, .oldest_ns = oldest_ns, .newest_ns = newest_ns};
}

static void watched_jump(struct watched *watched, int64_t time_ns)
{
    if (watched->jump_count == 0 || time_ns < watched->jump_ns)
        watched->jump_ns = time_ns;
    if (++watched->jump_count < WATCHED_JUMP)
        return;
    if (watched->count < WATCHED_JUMP) /* fewer said otherwise */
        watched->oldest_ns = watched->jump_ns;
    watched->newest_ns = watched->jump_ns;
    watched->count += watched->jump_count;
    watched->jump_count = 0;
}

void watched_note(struct watched *watched, int64_t time_ns)
{
    if (watched->count == 0) {
        watched->count = 1;
        watched->oldest_ns = watched->newest_ns = time_ns;
        return;
    }
    if (civil_elapsed(time_ns, watched->newest_ns) > WATCHED_GAP_NS) {
        watched_jump(watched, time_ns);
        return;
    }
    watched->count++;
    watched->jump_count = 0;
    if (time_ns > watched->newest_ns)
        watched->newest_ns = time_ns;
    if (time_ns < watched->oldest_ns &&
        civil_elapsed(watched->oldest_ns, time_ns) <= WATCHED_GAP_NS)
        watched->oldest_ns = time_ns;
}
