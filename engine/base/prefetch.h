/*
 * Asking the CPU to fetch memory ahead of its use. A hint: any address may be given, and nothing
 * depends on it but time.
 */
#pragma once

/* GCC takes functions that do nothing but prefetch for functions without effect, and deletes the
 * calls; the empty assembly keeps them. */
static inline void prefetch(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}

static inline void prefetch_to_write(const void *address)
{
    __builtin_prefetch(address, 1);
    __asm__ volatile("");
}
