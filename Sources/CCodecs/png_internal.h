// Shared by png.c and the two ways to decode: where rows go.
#ifndef TESSERA_PNG_INTERNAL_H
#define TESSERA_PNG_INTERNAL_H

#include "tc_internal.h"

/// Where rows go: into the window's memory, or a strip of it and from there to the sink.
typedef struct {
  const tc_png_picture *picture;
  const tc_conversion *conversion;
  const tc_sink *sink;
  tc_window window;
  uint8_t *pixels;
  size_t stride;
  /// Bytes of a pixel in the conversion's source.
  size_t pixel;
  /// Rows of the window that the sink has. They are never handed over again, whichever path decodes them once more.
  int32_t handed;
} png_output;

/// Whether the picture's row y lies in the window.
static inline int png_output_wants(const png_output *out, int32_t y) {
  return y >= out->window.y && y - out->window.y < out->window.height;
}

/// Whether the window's rows are the picture's rows, byte for byte.
static inline int png_output_is_direct(const png_output *out) {
  return out->window.x == 0 && out->window.width == out->picture->width && tc_conversion_is_copy(out->conversion);
}

/// Memory of the picture's row y, which must be wanted.
uint8_t *tc_png_output_row(const png_output *out, int32_t y);

/// Says that row y, which must be wanted, is written. Rows come in order.
void tc_png_output_finish(png_output *out, int32_t y);

/// Converts the window's part of row y, if it is wanted. `row` begins at the window's first column.
void tc_png_output_convert(png_output *out, int32_t y, const uint8_t *row);

/// Decodes without libpng. 0 if anything is unusual: nothing is then said about the picture, and rows that the sink
/// has are the true ones.
int tc_png_decode_fast(png_output *out, const uint8_t *bytes, size_t count, int64_t *data_end);

/// Decodes with libpng.
tc_status tc_png_decode_plain(
    png_output *out, const uint8_t *bytes, size_t count, int32_t fill, int64_t *data_end, tc_error *error);

#endif
