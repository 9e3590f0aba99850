// What the horizontal passes of several instruction sets share: rows that are resampled at once.
#ifndef TESSERA_RESAMPLE_ROWS_H
#define TESSERA_RESAMPLE_ROWS_H

#include <stddef.h>
#include <stdint.h>

// Rows that share the loads of the weights.
enum { ROWS = 4 };

// Four rows, some of them the same if fewer are left.
typedef struct {
  const uint8_t *from[ROWS];
  uint8_t *to[ROWS];
  // From here to the rows after these.
  ptrdiff_t ahead;
} row_set;

// The rows from `y` on, of `rows` in all.
static inline row_set rows_from(
  const uint8_t *source, ptrdiff_t source_stride, uint8_t *target, ptrdiff_t target_stride, int32_t y, int32_t rows) {
  row_set set = {.ahead = ROWS * source_stride};
  for (int32_t r = 0; r < ROWS; r++) {
    const int32_t row = y + r < rows ? y + r : rows - 1;
    set.from[r] = source + row * source_stride;
    set.to[r] = target + row * target_stride;
  }
  return set;
}

#endif
