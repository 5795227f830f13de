#include "bench/machine.h"

#include <ctype.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static void read_cpu(char *cpu, size_t capacity)
{
    snprintf(cpu, capacity, "unknown CPU");
    FILE *const file = fopen("/proc/cpuinfo", "re");
    if (file == NULL)
        return;
    char line[256];
    while (fgets(line, sizeof(line), file) != NULL) {
        const char *const value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || value == NULL)
            continue;
        snprintf(cpu, capacity, "%s", value + 1 + strspn(value + 1, " "));
        cpu[strcspn(cpu, "\n")] = '\0';
        break;
    }
    fclose(file);
}

void machine_read(struct machine *machine)
{
    *machine = (struct machine){.time = time(NULL)};
    read_cpu(machine->cpu, sizeof(machine->cpu));
    struct utsname system;
    if (uname(&system) == 0)
        snprintf(machine->system, sizeof(machine->system), "%.24s %.40s %.24s", system.sysname,
                 system.release, system.machine);
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        machine->cores = (unsigned)CPU_COUNT(&cores);
    struct sysinfo info;
    if (sysinfo(&info) == 0)
        machine->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
    double load;
    if (getloadavg(&load, 1) == 1)
        machine->load = load;
}

void machine_name(const struct machine *machine, char *name, size_t capacity)
{
    struct tm day;
    gmtime_r(&machine->time, &day);
    size_t at = strftime(name, capacity, "%Y-%m-%d", &day);
    bool is_apart = true;
    for (const char *from = machine->cpu; *from != '\0' && *from != '@' && at + 2 < capacity;
         from++) {
        const unsigned char letter = (unsigned char)*from;
        if (strncmp(from, "(R)", 3) == 0 || strncmp(from, "(TM)", 4) == 0)
            from += from[2] == ')' ? 2 : 3;
        else if (!isalnum(letter))
            is_apart = true;
        else {
            if (is_apart)
                name[at++] = '-';
            is_apart = false;
            name[at++] = (char)tolower(letter);
        }
    }
    name[at] = '\0';
}
