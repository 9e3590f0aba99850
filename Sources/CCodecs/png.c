// PNG decoding: the fast path where the picture is sound, libpng for all else.
#include <png.h>
#include <string.h>

#include "png_internal.h"

tc_layout tc_png_source_layout(const tc_png_picture *picture) {
  const int wide = picture->bit_depth == 16;
  switch (picture->color_type) {
    case PNG_COLOR_TYPE_GRAY: return wide ? TC_GRAY16BE : TC_GRAY;
    case PNG_COLOR_TYPE_RGB: return wide ? TC_RGB16BE : TC_RGB;
    case PNG_COLOR_TYPE_PALETTE: return TC_INDEX;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return wide ? TC_GRAYA16BE : TC_GRAYA;
    default: return wide ? TC_RGBA16BE : TC_RGBA;
  }
}

uint8_t *tc_png_output_row(const png_output *out, int32_t y) {
  const int32_t row = y - out->window.y;
  return out->pixels + (size_t)(out->sink ? row % out->sink->strip : row) * out->stride;
}

void tc_png_output_finish(png_output *out, int32_t y) {
  if (!out->sink) return;
  const int32_t done = y - out->window.y + 1, strip = out->sink->strip;
  if (done <= out->handed || (done % strip != 0 && done != out->window.height)) return;
  out->sink->rows(out->sink->context, out->pixels, out->stride, done - out->handed);
  out->handed = done;
}

void tc_png_output_convert(png_output *out, int32_t y, const uint8_t *row) {
  if (!png_output_wants(out, y)) return;
  tc_convert_row(out->conversion, row, tc_png_output_row(out, y), (size_t)out->window.width);
  tc_png_output_finish(out, y);
}

tc_status tc_png_decode(
    const uint8_t *bytes, size_t count, const tc_png_picture *picture, const tc_conversion *conversion, int32_t fill,
    const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride, int64_t *data_end, tc_error *error) {
  png_output out = {
      .picture = picture, .conversion = conversion, .sink = sink, .pixels = pixels, .stride = stride,
      .pixel = tc_layout_pixel_bytes(conversion->source),
      .window = window ? *window : (tc_window){0, 0, picture->width, picture->height}};
  if (tc_png_decode_fast(&out, bytes, count, data_end)) return TC_OK;
  return tc_png_decode_plain(&out, bytes, count, fill, data_end, error);
}
