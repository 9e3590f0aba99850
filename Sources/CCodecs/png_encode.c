#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "tc_internal.h"

typedef struct {
  jmp_buf jump;
  tc_buffer *out;
  char message[160];
  int no_memory;
} encoder;

static void on_error(png_structp png, png_const_charp message) {
  encoder *e = png_get_error_ptr(png);
  strncpy(e->message, message ? message : "", sizeof e->message - 1);
  longjmp(e->jump, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
  encoder *e = png_get_io_ptr(png);
  if (!tc_buffer_append(e->out, bytes, count)) {
    e->no_memory = 1;
    png_error(png, "no memory");
  }
}

static void on_flush(png_structp png) { (void)png; }

static int color_type(tc_layout layout) {
  switch (layout) {
    case TC_GRAYA: return PNG_COLOR_TYPE_GRAY_ALPHA;
    case TC_RGB: return PNG_COLOR_TYPE_RGB;
    case TC_RGBA: return PNG_COLOR_TYPE_RGBA;
    default: return PNG_COLOR_TYPE_GRAY;
  }
}

static int is_little_endian(void) {
  const uint16_t one = 1;
  uint8_t first;
  memcpy(&first, &one, 1);
  return first == 1;
}

tc_status tc_png_encode(
    const void *pixels, size_t stride, int32_t width, int32_t height, tc_layout layout,
    int32_t level, tc_buffer *out, tc_error *error) {
  encoder e = {.out = out};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    if (png) png_destroy_write_struct(&png, NULL);
    return tc_fail(error, TC_NO_MEMORY, 0, 0, NULL);
  }
  tc_status status = TC_OK;
  if (setjmp(e.jump) == 0) {
    png_set_write_fn(png, &e, on_write, on_flush);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_level(png, level);
    png_set_IHDR(
        png, info, (png_uint_32)width, (png_uint_32)height, layout == TC_GRAY16 ? 16 : 8,
        color_type(layout), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    if (layout == TC_GRAY16 && is_little_endian()) png_set_swap(png);
    for (int32_t y = 0; y < height; y++) {
      png_write_row(png, (png_const_bytep)pixels + (size_t)y * stride);
    }
    png_write_end(png, NULL);
  } else {
    tc_buffer_free(out);
    status = tc_fail(error, e.no_memory ? TC_NO_MEMORY : TC_CORRUPT, 0, 0, e.message);
  }
  png_destroy_write_struct(&png, &info);
  return status;
}
