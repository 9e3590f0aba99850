// Shared by the .c files of this target; not for callers.
#ifndef TESSERA_TC_INTERNAL_H
#define TESSERA_TC_INTERNAL_H

#include "CCodecs.h"

/// Fills `error` and returns `status`. `message` may be NULL.
tc_status tc_fail(
    tc_error *error, tc_status status, int64_t expected, int64_t got, const char *message);

/// Appends; 0 if there is no memory.
int tc_buffer_append(tc_buffer *buffer, const void *bytes, size_t count);

#endif
