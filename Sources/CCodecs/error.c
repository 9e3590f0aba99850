#include <stdlib.h>
#include <string.h>

#include "tc_internal.h"

tc_status tc_fail(
    tc_error *error, tc_status status, int64_t expected, int64_t got, const char *message) {
  error->expected = expected;
  error->got = got;
  size_t length = message ? strlen(message) : 0;
  if (length >= sizeof error->message) length = sizeof error->message - 1;
  if (length) memcpy(error->message, message, length);
  error->message[length] = 0;
  return status;
}

int tc_buffer_append(tc_buffer *buffer, const void *bytes, size_t count) {
  if (count > SIZE_MAX / 4 - buffer->count) return 0;
  size_t needed = buffer->count + count;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity ? buffer->capacity : 16384;
    while (capacity < needed) capacity *= 2;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) return 0;
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count = needed;
  return 1;
}

void tc_buffer_free(tc_buffer *buffer) {
  free(buffer->bytes);
  buffer->bytes = NULL;
  buffer->count = buffer->capacity = 0;
}
