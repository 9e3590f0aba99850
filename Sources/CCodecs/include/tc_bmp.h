/// BMP's pixels: raw rows and run-length codes, as Pillow reads them.
#ifndef TESSERA_TC_BMP_H
#define TESSERA_TC_BMP_H

#include "tc_error.h"
#include "tc_rows.h"

typedef enum tc_bmp_coding {
  /// Indices of 1, 4 or 8 bits, first pixel in the high bits.
  TC_BMP_INDEXED = 0,
  /// 16 bits, 5 each.
  TC_BMP_555 = 1,
  /// 16 bits, 6 of green.
  TC_BMP_565 = 2,
  /// 24 or 32 bits, a byte a channel, at the places that `order` says.
  TC_BMP_BYTES = 3,
  TC_BMP_RLE8 = 4,
  TC_BMP_RLE4 = 5
} tc_bmp_coding;

typedef struct tc_bmp_picture {
  int32_t width;
  int32_t height;
  tc_bmp_coding coding;
  /// Bits of a pixel: 1, 4, 8, 16, 24 or 32.
  int32_t bits;
  /// The first row in the file is the top one.
  int32_t top_down;
  /// Offset of the pixel data in the file.
  int64_t offset;
  /// `TC_BMP_BYTES`: the byte of a pixel that holds red, green, blue, alpha (−1: none).
  int8_t order[4];
} tc_bmp_picture;

/// The layout in which a picture's rows reach the conversion: `TC_INDEX`, `TC_RGB` or `TC_RGBA`.
tc_layout tc_bmp_source_layout(const tc_bmp_picture *picture);

/// Decodes the picture into rows of `stride` bytes. `TC_TRUNCATED` counts rows (run-length: pixels); with `fill`
/// not 0 the rows that are missing in the file are samples of 0 (run-length data fail all the same).
tc_status tc_bmp_decode(
    const uint8_t *bytes, size_t count, const tc_bmp_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride, tc_error *error);

#endif
