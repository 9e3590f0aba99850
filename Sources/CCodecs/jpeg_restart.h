#ifndef TESSERA_TC_JPEG_RESTART_H
#define TESSERA_TC_JPEG_RESTART_H

#include <stddef.h>
#include <stdint.h>

/// Some rows of a JPEG as a JPEG of their own.
typedef struct tc_jpeg_rows {
  /// For `free`.
  uint8_t *bytes;
  size_t count;
  /// The picture's row that is the first one here, and how many rows are here.
  int32_t top, height;
} tc_jpeg_rows;

/// Cuts out at least the rows [from, to) of a baseline JPEG in one scan whose restart markers stand at the ends of rows
/// of blocks (a thing that `pack` can write). Nothing is decoded: the entropy-coded segments are copied, and their
/// markers numbered anew.
///
/// Whether it was done: not for other files, not for damaged ones, and not where no row above would be saved.
int tc_jpeg_cut_rows(const uint8_t *bytes, size_t count, int32_t from, int32_t to, tc_jpeg_rows *out);

#endif
