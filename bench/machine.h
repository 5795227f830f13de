/*
 * The machine that was measured, as far as figures depend on it. Read once; plain data.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct machine {
    char cpu[96];    /* as /proc/cpuinfo names it; "unknown CPU" where it does not */
    char system[96]; /* kernel and architecture */
    unsigned cores;  /* that this process may use */
    uint64_t memory_bytes;
    double load; /* runnable threads, averaged over the last minute: how busy others keep it */
    time_t time; /* of the measurement, seconds since the epoch */
};

void machine_read(struct machine *machine);

/* "2024-02-01-intel-xeon-gold-6348": the day and the processor, for the name of a directory. */
void machine_name(const struct machine *machine, char *name, size_t capacity);
