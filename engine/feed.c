#include "engine/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FEED_PIPE_BYTES =
        1024 * 1024,    /* what an unprivileged user may ask for: pipe(7), pipe-max-size */
    FEED_STOP_MS = 200, /* how long a quiet pipe may hide the stop flag */
};

void feed_init(struct feed *feed, int descriptor, const volatile sig_atomic_t *stop)
{
    *feed = (struct feed){.descriptor = descriptor, .stop = stop};

    struct stat stat;
    if (fstat(descriptor, &stat) < 0)
        return; /* the first read says what is wrong */
    feed->is_file = S_ISREG(stat.st_mode);
    if (feed->is_file)
        (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    else if (S_ISFIFO(stat.st_mode))
        (void)fcntl(descriptor, F_SETPIPE_SZ, FEED_PIPE_BYTES);
}

static bool feed_is_stopped(const struct feed *feed)
{
    return feed->stop != NULL && *feed->stop != 0;
}

/* Waits until a read would not. A signal may come between the check of the flag and the wait, or be
 * delivered to another thread, so the flag is looked at again every FEED_STOP_MS. */
static void feed_wait(const struct feed *feed)
{
    struct pollfd poll_set = {.fd = feed->descriptor, .events = POLLIN};
    while (!feed_is_stopped(feed)) {
        const int ready = poll(&poll_set, 1, feed->stop != NULL ? FEED_STOP_MS : -1);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return;
    }
}

enum feed_result feed_read(struct feed *feed, char *to, size_t bytes, size_t *got)
{
    for (;;) {
        if (!feed->is_file && feed->stop != NULL)
            feed_wait(feed);
        if (feed_is_stopped(feed))
            return FEED_STOPPED;

        const ssize_t count = read(feed->descriptor, to, bytes);
        if (count > 0) {
            feed->bytes_read += (uint64_t)count;
            *got = (size_t)count;
            return FEED_BYTES;
        }
        if (count == 0)
            return FEED_END;
        if (errno == EAGAIN) {
            feed_wait(feed); /* whoever shares the descriptor has made it non-blocking */
        } else if (errno != EINTR) {
            feed->error = errno;
            return FEED_FAILED;
        }
    }
}

bool feed_is_ready(const struct feed *feed)
{
    struct pollfd poll_set = {.fd = feed->descriptor, .events = POLLIN};
    return feed->is_file || poll(&poll_set, 1, 0) > 0;
}
