// PNG without libpng: inflated in pieces, the rows unfiltered as they come. Only sound pictures without Adam7; whatever
// else is left to libpng, from the beginning.
#include <string.h>

#include "png_inflate.h"
#include "png_internal.h"

enum {
  // Decoded bytes that are fresh at a time: with the history before them they stay in the second-level cache.
  PIECE = 64 << 10,
  // Wider rows are libpng's business.
  WIDEST_ROW = 1 << 28
};

int tc_png_chunks_next(png_chunks *chunks, const uint8_t **data, size_t *count) {
  const size_t left = chunks->count - chunks->position;
  const uint8_t *p = chunks->bytes + chunks->position;
  if (left < 8 || memcmp(p + 4, "IDAT", 4) != 0) return 0;
  const size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
  // A length over 2^31 − 1 is libpng's to refuse.
  if (length > left - 8 || length > INT32_MAX) return 0;
  *data = p + 8;
  *count = length;
  const size_t checksum = left - 8 - length < 4 ? left - 8 - length : 4;
  chunks->position += 8 + length + checksum;
  return 1;
}

/// A picture half decoded.
typedef struct {
  png_output *out;
  int32_t level;
  unsigned bits;          // of a pixel
  size_t row_bytes;       // without the filter's byte
  size_t wanted_bytes;    // of a row, up to the window's right edge
  int32_t row;            // the next
  const uint8_t *prior;   // the row above it, unfiltered
  uint8_t *scratch[2];    // rows that do not lie in the target
  uint8_t *unpacked;      // the window's part of a row of 1, 2 or 4 bits, a byte a pixel
  png_inflater inflater;
  uint8_t memory[];
} fast_decoder;

/// 1, 2 or 4 bits a pixel to bytes: indices as they are, gray spread over 0...255.
static void unpack(const fast_decoder *d, const uint8_t *row) {
  const unsigned bits = d->bits, mask = (1u << bits) - 1;
  const unsigned scale = d->out->picture->color_type == 0 ? 255 / mask : 1;
  for (int32_t i = 0; i < d->out->window.width; i++) {
    const size_t bit = ((size_t)d->out->window.x + (size_t)i) * bits;
    d->unpacked[i] = (uint8_t)((row[bit / 8] >> (8 - bits - bit % 8) & mask) * scale);
  }
}

/// Unfilters a row and gives it on. 0 if its filter is none of the five.
static int take_row(fast_decoder *d, const uint8_t *filtered) {
  png_output *out = d->out;
  const int32_t y = d->row++;
  if (filtered[0] > 4) return 0;
  if (y - out->window.y >= out->window.height) return 1;
  const int wanted = png_output_wants(out, y);
  // A sink that has one row of memory would overwrite the row above.
  const int direct = wanted && d->bits >= 8 && png_output_is_direct(out) && !(out->sink && out->sink->strip == 1);
  uint8_t *target = direct ? tc_png_output_row(out, y) : d->scratch[d->prior == d->scratch[0]];
  tc_png_unfilter(
      filtered[0], d->bits < 8 ? 1 : (int32_t)(d->bits / 8), filtered + 1, d->prior, target, d->wanted_bytes, d->level);
  d->prior = target;
  if (direct) {
    tc_png_output_finish(out, y);
  } else if (wanted && d->bits < 8) {
    unpack(d, target);
    tc_png_output_convert(out, y, d->unpacked);
  } else if (wanted) {
    tc_png_output_convert(out, y, target + (size_t)out->window.x * d->bits / 8);
  }
  return 1;
}

/// Inflates piece by piece. A row is given on only when a byte behind it is decoded, or at the very end: zlib, too,
/// looks for what follows before it delivers a row.
static int decode_rows(fast_decoder *d, uint8_t *buffer, size_t capacity) {
  const size_t stored = d->row_bytes + 1;
  const int32_t height = d->out->picture->height;
  size_t remaining = stored * (size_t)height;  // not yet inflated
  uint8_t *end = buffer, *row = buffer;
  uint32_t adler = 1;
  for (;;) {
    uint8_t *const start = end;
    const png_inflate_result result =
        tc_png_inflate(&d->inflater, buffer, &end, buffer + capacity - PNG_INFLATE_SLACK);
    const size_t fresh = (size_t)(end - start);
    if (result == PNG_INFLATE_REFUSED || fresh > remaining) return 0;
    remaining -= fresh;
    adler = tc_png_adler32(adler, start, fresh);
    if (result == PNG_INFLATE_END) {
      uint32_t checksum;
      if (remaining || !d->inflater.data_end) return 0;
      if (!tc_png_inflate_checksum(&d->inflater, &checksum) || checksum != adler) return 0;
    }
    while ((size_t)(end - row) > stored || (result == PNG_INFLATE_END && row < end)) {
      if (!take_row(d, row)) return 0;
      row += stored;
    }
    if (result == PNG_INFLATE_END) return 1;
    const size_t history = (size_t)(end - buffer) < PNG_INFLATE_HISTORY ? (size_t)(end - buffer) : PNG_INFLATE_HISTORY;
    const size_t pending = (size_t)(end - row), kept = history > pending ? history : pending;
    row = buffer + kept - pending;
    memmove(buffer, end - kept, kept);
    end = buffer + kept;
  }
}

int tc_png_decode_fast(png_output *out, const uint8_t *bytes, size_t count, int64_t *data_end) {
  static const uint8_t samples[] = {1, 0, 3, 1, 2, 0, 4};
  const tc_png_picture *p = out->picture;
  const unsigned bits = samples[p->color_type] * (unsigned)p->bit_depth;
  const size_t row_bytes = ((size_t)p->width * bits + 7) / 8;
  if (p->plain || p->interlaced || row_bytes > WIDEST_ROW) return 0;
  // Two scratch rows, zeros above the first row, a row unpacked; then history, the rows at hand, and a piece.
  const size_t unpacked = bits < 8 ? (size_t)out->window.width : 0;
  const size_t whole = (row_bytes + 1) * (size_t)p->height;
  const size_t fresh = whole < PIECE ? whole + 1 : PIECE;
  const size_t kept = whole < PIECE ? 0 : PNG_INFLATE_HISTORY + row_bytes + 2;
  const size_t capacity = kept + fresh + PNG_INFLATE_SLACK;
  fast_decoder *d = tk_scratch_take(sizeof(fast_decoder) + 3 * row_bytes + unpacked + capacity);
  if (!d) return 0;
  d->out = out;
  d->level = tc_png_unfilter_levels() - 1;
  d->bits = bits;
  d->row_bytes = row_bytes;
  d->wanted_bytes = (((size_t)out->window.x + (size_t)out->window.width) * bits + 7) / 8;
  d->row = 0;
  d->scratch[0] = d->memory;
  d->scratch[1] = d->memory + row_bytes;
  d->prior = d->memory + 2 * row_bytes;
  memset(d->memory + 2 * row_bytes, 0, row_bytes);
  d->unpacked = d->memory + 3 * row_bytes;
  const png_chunks chunks = {bytes, count, (size_t)p->idat_offset};
  const int done = tc_png_inflate_begin(&d->inflater, &chunks) && decode_rows(d, d->unpacked + unpacked, capacity);
  if (done) *data_end = (int64_t)d->inflater.data_end;
  tk_scratch_give(d);
  return done;
}
