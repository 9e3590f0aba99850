/// Lossless rewriting of JPEGs: the same coefficients in another coding, as jpegtran does it.
#ifndef TESSERA_TC_JPEG_TRANSCODE_H
#define TESSERA_TC_JPEG_TRANSCODE_H

#include "tc_error.h"

typedef struct tc_jpeg_transcode_options {
  /// Rows of blocks between restart markers; 0 for none. With them a decoder that wants a part of the picture may
  /// begin at any of them.
  int32_t restart_rows;
  /// The most pixels; the coefficients take up to six bytes for each.
  int64_t max_pixels;
  /// More scans than this are refused.
  int64_t max_scans;
} tc_jpeg_transcode_options;

/// Rewrites a JPEG as baseline: one scan, Huffman tables made for this picture.
///
/// `out` must be empty; on failure it is empty again. All APPn and COM markers are written byte for byte and in their
/// order (JFIF's and Adobe's too), and what follows the end marker is copied behind the new one. Restart markers are
/// not kept but made as the options say. A file that libjpeg has to warn about is `TC_CORRUPT`: it could not be the same again.
/// `TC_TRUNCATED` counts scans; `TC_UNSUPPORTED` for more than 8 bits and whatever libjpeg does not read.
tc_status tc_jpeg_transcode_baseline(
    const uint8_t *bytes, size_t count, const tc_jpeg_transcode_options *options, tc_buffer *out, tc_error *error);

#endif
