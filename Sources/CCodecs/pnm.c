#include <math.h>
#include <string.h>

#include "tc_internal.h"

#pragma STDC FP_CONTRACT OFF

static int is_plain(const tc_pnm_picture *p) { return p->kind <= 3; }
static int is_bitmap(const tc_pnm_picture *p) { return p->kind == 1 || p->kind == 4; }
static int is_colour(const tc_pnm_picture *p) { return p->kind == 3 || p->kind == 6; }

tc_layout tc_pnm_source_layout(const tc_pnm_picture *picture) {
  if (is_colour(picture)) return TC_RGB;
  return picture->maxval > 255 ? TC_GRAY16 : TC_GRAY;
}

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t at;
  const tc_pnm_picture *picture;
  /// What each stored value becomes; `maxval + 1` entries.
  uint16_t *scale;
  tc_error *error;
} reader;

static tc_status corrupt(reader *r, const char *message) {
  return tc_fail(r->error, TC_CORRUPT, 0, 0, message);
}

static int is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

/// The next byte that is not part of a comment, −1 at the end. A comment and the end of its line vanish: what
/// stands before and after them is one word, as in Pillow.
static int next_byte(reader *r) {
  while (r->at < r->count) {
    uint8_t c = r->bytes[r->at++];
    if (c != '#') return c;
    while (r->at < r->count && r->bytes[r->at] != '\n' && r->bytes[r->at] != '\r') r->at++;
    if (r->at < r->count) r->at++;
  }
  return -1;
}

/// One plain bit into `out`. −1 at the end, −2 if it is neither 0 nor 1.
static int plain_bit(reader *r) {
  int c;
  do { c = next_byte(r); } while (c >= 0 && is_space((uint8_t)c));
  if (c < 0) return -1;
  return c == '0' ? 255 : c == '1' ? 0 : -2;
}

/// One plain number. −1 at the end, −2 if it is not a number of at most 10 digits, −3 if it is over maxval.
static int64_t plain_number(reader *r) {
  int c;
  do { c = next_byte(r); } while (c >= 0 && is_space((uint8_t)c));
  if (c < 0) return -1;
  int64_t value = 0;
  int digits = 0;
  for (; c >= 0 && !is_space((uint8_t)c); c = next_byte(r)) {
    if (c < '0' || c > '9' || ++digits > 10) return -2;
    value = value * 10 + (c - '0');
  }
  return value > r->picture->maxval ? -3 : value;
}

static void put_sample(const tc_pnm_picture *p, uint8_t *row, size_t i, uint16_t value) {
  if (tc_pnm_source_layout(p) == TC_GRAY16) {
    memcpy(row + i * 2, &value, 2);
  } else {
    row[i] = (uint8_t)value;
  }
}

/// Fills `row` with `samples` samples.
static tc_status plain_row(reader *r, uint8_t *row, size_t samples, int32_t y) {
  for (size_t i = 0; i < samples; i++) {
    int64_t v = is_bitmap(r->picture) ? plain_bit(r) : plain_number(r);
    if (v == -1) return tc_fail(r->error, TC_TRUNCATED, r->picture->height, y, "the file ends");
    if (v == -2) return corrupt(r, "a word that is not a sample");
    if (v == -3) return corrupt(r, "a sample over the maximum that the header states");
    if (is_bitmap(r->picture)) {
      row[i] = (uint8_t)v;
    } else {
      put_sample(r->picture, row, i, r->scale[v]);
    }
  }
  return TC_OK;
}

static tc_status raw_row(reader *r, uint8_t *row, size_t samples, int32_t y) {
  const tc_pnm_picture *p = r->picture;
  const size_t wide = p->maxval > 255;
  const size_t length = is_bitmap(p) ? (samples + 7) / 8 : samples << wide;
  if (r->at > r->count || r->count - r->at < length) {
    return tc_fail(r->error, TC_TRUNCATED, p->height, y, "the file ends");
  }
  const uint8_t *in = r->bytes + r->at;
  r->at += length;
  if (is_bitmap(p)) {
    for (size_t i = 0; i < samples; i++) row[i] = in[i >> 3] >> (7 - (i & 7)) & 1 ? 0 : 255;
  } else if (p->maxval == 255) {
    memcpy(row, in, length);
  } else {
    for (size_t i = 0; i < samples; i++) {
      unsigned v = wide ? (unsigned)in[i * 2] << 8 | in[i * 2 + 1] : in[i];
      if (v > (unsigned)p->maxval) v = (unsigned)p->maxval;
      put_sample(p, row, i, r->scale[v]);
    }
  }
  return TC_OK;
}

/// round(v / maxval · top), half to even, in double: what Pillow computes in Python.
static uint16_t *make_scale(const tc_pnm_picture *p) {
  const double top = tc_pnm_source_layout(p) == TC_GRAY16 ? 65535.0 : 255.0;
  uint16_t *scale = tk_scratch_take(((size_t)p->maxval + 1) * sizeof *scale);
  if (!scale) return NULL;
  for (int32_t v = 0; v <= p->maxval; v++) {
    double quotient = (double)v / (double)p->maxval;
    scale[v] = (uint16_t)nearbyint(quotient * top);
  }
  return scale;
}

/// Whether Pillow hands the data to its raw decoder, which alone can stop half-way.
static int fills(const tc_pnm_picture *p) {
  if (is_plain(p)) return 0;
  return is_bitmap(p) || p->maxval == 255 || (p->maxval == 65535 && !is_colour(p));
}

tc_status tc_pnm_decode(
    const uint8_t *bytes, size_t count, const tc_pnm_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride, tc_error *error) {
  reader r = {
      .bytes = bytes, .count = count, .at = (size_t)picture->offset, .picture = picture, .error = error};
  const size_t width = (size_t)picture->width;
  const size_t samples = is_colour(picture) ? width * 3 : width;
  uint8_t *row = tk_scratch_take(width * 4);
  r.scale = make_scale(picture);
  tc_status status = TC_OK;
  if (!row || !r.scale) status = tc_fail(error, TC_NO_MEMORY, (int64_t)width * 4, 0, NULL);
  for (int32_t y = 0; y < picture->height && status == TC_OK; y++) {
    status = is_plain(picture) ? plain_row(&r, row, samples, y) : raw_row(&r, row, samples, y);
    if (status == TC_TRUNCATED && fill && fills(picture)) {
      memset(row, 0, width * 4);
      r.at = count + 1;
      status = TC_OK;
    }
    if (status == TC_OK) {
      tc_convert_row(conversion, row, pixels + (size_t)y * stride, width);
    }
  }
  tk_scratch_give(row);
  tk_scratch_give(r.scale);
  return status;
}
