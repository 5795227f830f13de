#include "engine/base/region.h"

#include <sys/mman.h>

enum { PAGE = 4096 };

enum status region_init(struct region *region, size_t bytes_max)
{
    *region = (struct region){0};
    bytes_max = (bytes_max + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (bytes_max == 0)
        bytes_max = PAGE;
    void *const start = mmap(NULL, bytes_max, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return STATUS_NO_MEMORY;
    region->start = start;
    region->bytes_max = bytes_max;
    return STATUS_OK;
}

void region_deinit(struct region *region)
{
    if (region->start != NULL)
        munmap(region->start, region->bytes_max);
    *region = (struct region){0};
}

void *region_take(struct region *region, size_t bytes, size_t alignment)
{
    const size_t at = (region->bytes_used + alignment - 1) & ~(alignment - 1);
    if (at > region->bytes_max || bytes > region->bytes_max - at)
        return NULL;
    region->bytes_used = at + bytes;
    return region->start + at;
}
