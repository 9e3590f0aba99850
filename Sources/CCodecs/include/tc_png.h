/// PNG: a decoder of our own for sound pictures, libpng for the others and for writing.
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
  /// Not 0: libpng decodes in any case. For tests; the results are the same.
  int32_t plain;
} tc_png_picture;

/// The layout in which a picture's rows reach the conversion.
tc_layout tc_png_source_layout(const tc_png_picture *picture);

/// Decodes a window of the picture into rows of `stride` bytes; `window` NULL is all of it.
///
/// Only IHDR's facts and the IDAT chunks are looked at: palette and transparency are the conversion's business. IDAT
/// checksums are not checked and what follows the last row is not read, as in Pillow. `conversion.source` must be
/// `tc_png_source_layout`.
///
/// A sound picture without Adam7 is inflated and unfiltered here, in pieces: besides the pixels that takes about
/// 110 KiB and a few rows. All else, and whatever is unusual about a stream, is decoded by libpng from the beginning,
/// so that verdicts, messages and the pixels of damaged pictures are libpng's. A window fails where the whole fails.
///
/// With `sink` not NULL the window's rows go there in order, none twice: `pixels` are memory of a strip (see
/// `tc_sink`). If the decode fails, some may have gone there already.
///
/// With `fill` not 0, missing or broken data leave the remaining samples 0 and the result is `TC_OK`;
/// else `TC_TRUNCATED` (rows of the picture) or `TC_CORRUPT`. `data_end` receives the offset behind the data of the
/// chunk in which the last row ended (`count` if it did not).
tc_status tc_png_decode(
    const uint8_t *bytes, size_t count, const tc_png_picture *picture, const tc_conversion *conversion, int32_t fill,
    const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride, int64_t *data_end, tc_error *error);

/// How many ways this machine has to undo filters: level 0, the scalar loop, is the specification.
int32_t tc_png_unfilter_levels(void);

/// Undoes one row's filter (0...4: none, sub, up, average, Paeth), for tests at every level.
///
/// `pixel_bytes` is 1, 2, 3, 4, 6 or 8 (less than a byte counts as 1). `row` (without the filter's byte), `prior`
/// (the row above, unfiltered; zeros above the first) and `target` have `count` bytes and do not overlap.
void tc_png_unfilter(
    int32_t filter, int32_t pixel_bytes, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count,
    int32_t level);

/// Encodes rows of `TC_GRAY`, `TC_GRAYA`, `TC_RGB`, `TC_RGBA` or `TC_GRAY16` at deflate level 0...9 into `out`,
/// which must be empty. On failure it is empty again.
tc_status tc_png_encode(
    const void *pixels, size_t stride, int32_t width, int32_t height, tc_layout layout,
    int32_t level, tc_buffer *out, tc_error *error);

#endif
