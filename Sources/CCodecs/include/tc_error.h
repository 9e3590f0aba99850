/// Status codes, the facts behind them, and buffers that grow.
#ifndef TESSERA_TC_ERROR_H
#define TESSERA_TC_ERROR_H

#include <stddef.h>
#include <stdint.h>

typedef enum tc_status {
  TC_OK = 0,
  /// The data end early: `expected` and `got` count rows (or bytes, where the function says so).
  TC_TRUNCATED = 1,
  /// The data break their format's rules; `message` says which.
  TC_CORRUPT = 2,
  /// A valid kind of data that is not read; `message` names it.
  TC_UNSUPPORTED = 3,
  /// Over a limit: `expected` is the limit, `got` what was found, `message` what is counted.
  TC_LIMIT = 4,
  /// `expected` bytes could not be had.
  TC_NO_MEMORY = 5
} tc_status;

typedef struct tc_error {
  int64_t expected;
  int64_t got;
  /// Zero-terminated; empty if there is nothing to say.
  char message[168];
} tc_error;

/// Bytes that a function here allocated. All zero is empty.
typedef struct tc_buffer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} tc_buffer;

/// Frees the bytes and empties the buffer. An empty one is fine.
void tc_buffer_free(tc_buffer *buffer);

#endif
