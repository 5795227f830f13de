/*
 * What ThreadSanitizer is told about `ring.h`: a push gives, a pop takes, and the slots themselves
 * are ordered by ck_ring's fences. In every other build these are empty.
 */
#pragma once

#if defined(__SANITIZE_THREAD__)
#define RING_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RING_SANITIZER 1
#endif
#endif

#ifdef RING_SANITIZER

#include <sanitizer/tsan_interface.h>

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static inline void ring_sanitizer_give(void *ring)
{
    __tsan_release(ring);
}

static inline void ring_sanitizer_take(void *ring)
{
    __tsan_acquire(ring);
}

static inline void ring_sanitizer_slots_begin(void)
{
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static inline void ring_sanitizer_slots_end(void)
{
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#else

static inline void ring_sanitizer_give(void *ring)
{
    (void)ring;
}

static inline void ring_sanitizer_take(void *ring)
{
    (void)ring;
}

static inline void ring_sanitizer_slots_begin(void)
{
}

static inline void ring_sanitizer_slots_end(void)
{
}

#endif
