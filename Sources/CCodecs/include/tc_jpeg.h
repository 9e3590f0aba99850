/// JPEG through libjpeg-turbo: JDCT_ISLOW and fancy upsampling, as Pillow.
#ifndef TESSERA_TC_JPEG_H
#define TESSERA_TC_JPEG_H

#include "tc_error.h"
#include "tc_rows.h"

/// What the frame header says, and the limits.
typedef struct tc_jpeg_picture {
  int32_t width;
  int32_t height;
  /// 1, 3 or 4.
  int32_t components;
  /// More scans than this are refused (`TC_LIMIT`).
  int64_t max_scans;
  /// 1, 2, 4 or 8: the picture is decoded at 1/scale of its size, ceil(width / scale) × ceil(height / scale) pixels.
  int32_t scale;
  /// For tests, and else 0: 1, libjpeg decodes in any case, and the results are the same; 2, it never does, and what the
  /// decoder of our own leaves to it is `TC_UNSUPPORTED`.
  int32_t plain;
} tc_jpeg_picture;

/// Decodes a window of the (scaled) picture into rows of `stride` bytes; `window` NULL is all of it.
///
/// The window has the pixels of a whole decode, to the bit, and fails where that fails; but only its rows and columns
/// are computed, with a margin for the filter that enlarges the chroma, and of a file in one scan nothing below it is
/// entropy-decoded. What follows is only looked through for the end marker. Whatever is unusual (a warning of
/// libjpeg, an error, another marker) is decoded again as a whole, so that its verdict and its pixels count.
///
/// With `sink` not NULL the window's rows go there: `pixels` are memory of a strip (see `tc_sink`).
///
/// Sources and targets: 1 component, `TC_GRAY` to `TC_GRAY` or `TC_RGB`; 3, `TC_RGB` to `TC_RGB`, or `TC_GRAY` to
/// `TC_GRAY` for the luma alone (what Pillow's `draft("L", …)` gives);
/// 4 (CMYK, YCCK), `TC_CMYK_INVERTED` to `TC_RGB` or `TC_CMYK`.
///
/// After the last row the segments up to the end marker (or the file's end) are read: nonsense there is `TC_CORRUPT`,
/// as in Pillow. Corrupt entropy-coded data are decoded as well as libjpeg can (it warns,
/// and Pillow does not listen). If the file ends before the last row: `TC_TRUNCATED` (rows), or with `fill` not 0
/// an end marker is made up, and rows that libjpeg refuses to give at all stay 0.
tc_status tc_jpeg_decode(
    const uint8_t *bytes, size_t count, const tc_jpeg_picture *picture, const tc_conversion *conversion,
    int32_t fill, const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride, tc_error *error);

typedef struct tc_jpeg_encode_options {
  /// 1...100.
  int32_t quality;
  /// Luma's sampling factors; chroma's are 1.
  int32_t horizontal;
  int32_t vertical;
  int32_t progressive;
  int32_t optimize;
} tc_jpeg_encode_options;

/// Encodes rows of 1 (gray) or 3 (RGB) components into `out`, which must be empty. On failure it is empty again.
tc_status tc_jpeg_encode(
    const void *pixels, size_t stride, int32_t width, int32_t height, int32_t components,
    const tc_jpeg_encode_options *options, tc_buffer *out, tc_error *error);

#endif
