#include "engine/base/wait.h"

#include <linux/futex.h>
#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SPINS = 200, /* some microseconds: a block is handed over faster than a thread is woken */
    YIELDS = 20,
};

void bell_init(struct bell *bell)
{
    atomic_init(&bell->rings, 0);
    atomic_init(&bell->sleepers, 0);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake_all(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void bell_ring(struct bell *bell)
{
    /* Sequentially consistent with the two accesses in bell_wait: either the sleeper sees the new
     * count before it sleeps, or we see the sleeper. */
    atomic_fetch_add_explicit(&bell->rings, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&bell->sleepers, memory_order_seq_cst) > 0)
        futex_wake_all(&bell->rings);
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

void bell_wait(struct bell *bell, uint32_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (bell_count(bell) != seen)
            return;
        cpu_relax();
    }
    for (int i = 0; i < YIELDS; i++) {
        if (bell_count(bell) != seen)
            return;
        sched_yield();
    }
    atomic_fetch_add_explicit(&bell->sleepers, 1, memory_order_seq_cst);
    while (atomic_load_explicit(&bell->rings, memory_order_seq_cst) == seen)
        futex_wait(&bell->rings, seen);
    atomic_fetch_sub_explicit(&bell->sleepers, 1, memory_order_relaxed);
}
