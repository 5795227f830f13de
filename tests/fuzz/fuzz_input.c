/*
 * Any bytes as a source: plain, compressed or damaged. Reading them in the smallest, in odd and in
 * default blocks must end, touch no foreign byte and say the same.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/capture.h"

enum { FUZZ_LINE_BYTES = 100 }; /* so that short inputs reach the bound */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static const size_t block_bytes[] = {1, 7, 64};
    const int descriptor = memfd_create("fuzz_input", MFD_CLOEXEC);
    assert(descriptor >= 0 && write(descriptor, bytes, bytes_count) == (ssize_t)bytes_count);
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);

    struct capture expected = capture_read(path, 0, FUZZ_LINE_BYTES, slice_of(NULL, 0));
    for (size_t i = 0; i < sizeof(block_bytes) / sizeof(block_bytes[0]); i++) {
        struct capture capture =
            capture_read(path, block_bytes[i], FUZZ_LINE_BYTES, slice_of(NULL, 0));
        assert(capture_difference(&expected, &capture) == NULL);
        capture_deinit(&capture);
    }
    capture_deinit(&expected);
    close(descriptor);
    return 0;
}
