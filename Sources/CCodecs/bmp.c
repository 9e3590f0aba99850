#include <string.h>

#include "tc_internal.h"

tc_layout tc_bmp_source_layout(const tc_bmp_picture *picture) {
  switch (picture->coding) {
    case TC_BMP_INDEXED:
    case TC_BMP_RLE8:
    case TC_BMP_RLE4: return TC_INDEX;
    case TC_BMP_BYTES: return picture->order[3] >= 0 ? TC_RGBA : TC_RGB;
    default: return TC_RGB;
  }
}

static void unpack_indices(const tc_bmp_picture *p, const uint8_t *in, uint8_t *out) {
  const unsigned bits = (unsigned)p->bits, mask = (1u << bits) - 1;
  for (size_t x = 0; x < (size_t)p->width; x++) {
    size_t bit = x * bits;
    out[x] = (uint8_t)(in[bit >> 3] >> (8 - bits - (bit & 7)) & mask);
  }
}

/// 5 and 6 bits to 8 by v·255/31 and v·255/63, rounded down, as Pillow.
static void unpack_words(const tc_bmp_picture *p, const uint8_t *in, uint8_t *out) {
  const int six = p->coding == TC_BMP_565;
  for (size_t x = 0; x < (size_t)p->width; x++, in += 2, out += 3) {
    unsigned v = in[0] | (unsigned)in[1] << 8;
    out[2] = (uint8_t)((v & 31) * 255 / 31);
    out[1] = six ? (uint8_t)((v >> 5 & 63) * 255 / 63) : (uint8_t)((v >> 5 & 31) * 255 / 31);
    out[0] = (uint8_t)((v >> (six ? 11 : 10) & 31) * 255 / 31);
  }
}

static void unpack_bytes(const tc_bmp_picture *p, const uint8_t *in, uint8_t *out) {
  const size_t step = (size_t)p->bits / 8;
  const int r = p->order[0], g = p->order[1], b = p->order[2], a = p->order[3];
  for (size_t x = 0; x < (size_t)p->width; x++, in += step) {
    *out++ = in[r];
    *out++ = in[g];
    *out++ = in[b];
    if (a >= 0) *out++ = in[a];
  }
}

static void unpack(const tc_bmp_picture *p, const uint8_t *in, uint8_t *out) {
  switch (p->coding) {
    case TC_BMP_INDEXED: unpack_indices(p, in, out); break;
    case TC_BMP_BYTES: unpack_bytes(p, in, out); break;
    default: unpack_words(p, in, out); break;
  }
}

/// The file's row `y` goes to this row of the picture.
static uint8_t *target_row(const tc_bmp_picture *p, uint8_t *pixels, size_t stride, int32_t y) {
  return pixels + (size_t)(p->top_down ? y : p->height - 1 - y) * stride;
}

static tc_status decode_raw(
    const uint8_t *bytes, size_t count, const tc_bmp_picture *p, const tc_conversion *conversion,
    int32_t fill, uint8_t *row, uint8_t *pixels, size_t stride, tc_error *error) {
  const size_t width = (size_t)p->width;
  const size_t used = (width * (size_t)p->bits + 7) / 8;
  // Rows are padded to four bytes; the last one's padding need not be there.
  const size_t padded = (width * (size_t)p->bits + 31) / 32 * 4;
  size_t at = (size_t)p->offset;
  for (int32_t y = 0; y < p->height; y++, at += padded) {
    if (at > count || count - at < used) {
      if (!fill) return tc_fail(error, TC_TRUNCATED, p->height, y, "the file ends");
      memset(row, 0, width * tc_layout_pixel_bytes(conversion->source));
      at = count;
    } else {
      unpack(p, bytes + at, row);
    }
    tc_convert_row(conversion, row, target_row(p, pixels, stride, y), width);
  }
  return TC_OK;
}

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t at;
  uint8_t *out;
  size_t filled;
  size_t wanted;
  size_t width;
  size_t x;
} runs;

static void emit(runs *r, uint8_t value) {
  if (r->filled < r->wanted) r->out[r->filled++] = value;
}

/// A run of one colour, or of two in turn; what would pass the row's end is dropped.
static void encoded_run(runs *r, size_t pixels, uint8_t value, int four) {
  if (r->x + pixels > r->width) pixels = r->x < r->width ? r->width - r->x : 0;
  for (size_t i = 0; i < pixels; i++) {
    emit(r, !four ? value : i % 2 == 0 ? value >> 4 : value & 15);
  }
  r->x += pixels;
}

/// Pixels as they are. Returns 0 if the data end in them or the picture is full.
static int absolute_run(runs *r, uint8_t pixels, int four) {
  size_t left = r->wanted - r->filled;
  size_t n = left < pixels ? left : pixels;
  size_t length = four ? (n + 1) / 2 : n;
  size_t have = r->count - r->at < length ? r->count - r->at : length;
  for (size_t i = 0; i < have; i++) {
    uint8_t v = r->bytes[r->at + i];
    emit(r, four ? v >> 4 : v);
    if (four && i * 2 + 1 < n) emit(r, v & 15);
  }
  r->at += have;
  if (have < length || r->filled == r->wanted) return 0;
  r->x += pixels;
  // Aligned to words of the file, not of the data.
  if (r->at % 2 != 0) r->at++;
  return 1;
}

/// Carries out the escape code `code`. Returns 0 at the end.
static int escape(runs *r, uint8_t code, int four) {
  if (code == 0) {
    while (r->filled % r->width != 0) emit(r, 0);
    r->x = 0;
    return 1;
  }
  if (code == 1) return 0;
  if (code > 2) return absolute_run(r, code, four);
  if (r->at > r->count || r->count - r->at < 2) return 0;
  size_t skip = r->bytes[r->at] + (size_t)r->bytes[r->at + 1] * r->width;
  r->at += 2;
  size_t left = r->wanted - r->filled;
  if (skip > left) skip = left;
  memset(r->out + r->filled, 0, skip);
  r->filled += skip;
  r->x = r->filled % r->width;
  return 1;
}

static tc_status decode_runs(
    const uint8_t *bytes, size_t count, const tc_bmp_picture *p, const tc_conversion *conversion,
    uint8_t *pixels, size_t stride, tc_error *error) {
  const size_t width = (size_t)p->width, wanted = width * (size_t)p->height;
  const int four = p->coding == TC_BMP_RLE4;
  runs r = {.bytes = bytes, .count = count, .at = (size_t)p->offset, .wanted = wanted, .width = width};
  r.out = tk_scratch_take(wanted);
  if (!r.out) return tc_fail(error, TC_NO_MEMORY, (int64_t)wanted, 0, NULL);
  while (r.filled < wanted && r.at < count && count - r.at >= 2) {
    uint8_t pixels_in_run = bytes[r.at], value = bytes[r.at + 1];
    r.at += 2;
    if (pixels_in_run) {
      encoded_run(&r, pixels_in_run, value, four);
    } else if (!escape(&r, value, four)) {
      break;
    }
  }
  tc_status status = TC_OK;
  if (r.filled < wanted) {
    status = tc_fail(error, TC_TRUNCATED, (int64_t)wanted, (int64_t)r.filled, "pixels");
  } else {
    for (int32_t y = 0; y < p->height; y++) {
      tc_convert_row(
          conversion, r.out + (size_t)y * width, target_row(p, pixels, stride, y), width);
    }
  }
  tk_scratch_give(r.out);
  return status;
}

tc_status tc_bmp_decode(
    const uint8_t *bytes, size_t count, const tc_bmp_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride, tc_error *error) {
  if (picture->coding == TC_BMP_RLE8 || picture->coding == TC_BMP_RLE4) {
    return decode_runs(bytes, count, picture, conversion, pixels, stride, error);
  }
  uint8_t *row = tk_scratch_take((size_t)picture->width * 4);
  if (!row) return tc_fail(error, TC_NO_MEMORY, (int64_t)picture->width * 4, 0, NULL);
  tc_status status =
      decode_raw(bytes, count, picture, conversion, fill, row, pixels, stride, error);
  tk_scratch_give(row);
  return status;
}
