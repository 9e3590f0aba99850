/// PNG through libpng.
#ifndef TESSERA_TC_PNG_H
#define TESSERA_TC_PNG_H

#include "tc_error.h"
#include "tc_rows.h"

/// What IHDR says, already checked to be a combination that PNG allows.
typedef struct tc_png_picture {
  int32_t width;
  int32_t height;
  /// 1, 2, 4, 8 or 16.
  int32_t bit_depth;
  /// PNG's number: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA.
  int32_t color_type;
  /// Adam7 if not 0.
  int32_t interlaced;
  /// Offset in the file of the first IDAT chunk (its length field).
  int64_t idat_offset;
} tc_png_picture;

/// The layout in which a picture's rows reach the conversion.
tc_layout tc_png_source_layout(const tc_png_picture *picture);

/// Decodes the picture into `height` rows of `stride` bytes.
///
/// Only IHDR's facts and the IDAT chunks reach libpng: palette and transparency are the conversion's business,
/// other chunks are never looked at. IDAT checksums are not checked and what follows the last row is not read,
/// as in Pillow. `conversion.source` must be `tc_png_source_layout`.
///
/// With `fill` not 0, missing or broken data leave the remaining samples 0 and the result is `TC_OK`;
/// else `TC_TRUNCATED` (rows) or `TC_CORRUPT`. `data_end` receives the offset behind the data of the chunk in which
/// the last row ended (`count` if it did not).
tc_status tc_png_decode(
    const uint8_t *bytes, size_t count, const tc_png_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride,
    int64_t *data_end, tc_error *error);

/// Encodes rows of `TC_GRAY`, `TC_GRAYA`, `TC_RGB`, `TC_RGBA` or `TC_GRAY16` at deflate level 0...9 into `out`,
/// which must be empty. On failure it is empty again.
tc_status tc_png_encode(
    const void *pixels, size_t stride, int32_t width, int32_t height, tc_layout layout,
    int32_t level, tc_buffer *out, tc_error *error);

#endif
