// Rows cut out of a JPEG by its restart markers: entropy decoding can begin behind one, so that a window needs only the
// rows of blocks that it touches.
#include "jpeg_restart.h"

#include <stdlib.h>
#include <string.h>

enum { SOF0 = 0xC0, SOF1 = 0xC1, SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, DQT = 0xDB, DRI = 0xDD, DHT = 0xC4 };
enum { APP0 = 0xE0, APP14 = 0xEE, RST0 = 0xD0 };

/// Bytes for the tables and headers of a file: four Huffman tables and four of quantisation take a tenth of it.
enum { HEADER_ROOM = 16384 };

/// What the header says, and what of it the cut file keeps.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  /// The header of the cut file: everything but comments and application data that say nothing about colours.
  uint8_t *header;
  size_t header_count;
  size_t height_at;  // in `header`, of the frame's height
  int32_t height;
  int32_t block_rows;     // rows of blocks (of all components' together, for several)
  int32_t block_height;   // pixels of such a row
  int32_t blocks_across;  // blocks (MCUs) of such a row
  int32_t interval;       // MCUs between restarts
  int components;
  size_t data;  // offset of the entropy-coded data
} layout;

static int32_t get16(const uint8_t *p) { return p[0] << 8 | p[1]; }

/// Appends to the cut file's header. Whether there was room.
static int keep(layout *l, const uint8_t *bytes, size_t count) {
  if (count > HEADER_ROOM - l->header_count) return 0;
  memcpy(l->header + l->header_count, bytes, count);
  l->header_count += count;
  return 1;
}

/// The frame header. Whether it is one in which a row of blocks can be counted.
static int read_frame(layout *l, const uint8_t *segment, int32_t length) {
  if (length < 8 || segment[4] != 8) return 0;
  l->height = get16(segment + 5);
  const int32_t width = get16(segment + 7);
  l->components = segment[9];
  if (length != 8 + 3 * l->components || l->height == 0 || width == 0) return 0;
  int across = 1, down = 1;
  for (int c = 0; c < l->components; c++) {
    const int h = segment[11 + 3 * c] >> 4, v = segment[11 + 3 * c] & 15;
    if (h < 1 || h > 4 || v < 1 || v > 4) return 0;
    across = h > across ? h : across;
    down = v > down ? v : down;
  }
  // A scan of one component goes block by block, whatever its factors.
  if (l->components == 1) across = down = 1;
  l->block_height = 8 * down;
  l->block_rows = (l->height + l->block_height - 1) / l->block_height;
  l->blocks_across = (width + 8 * across - 1) / (8 * across);
  return 1;
}

/// Walks over the header up to the data of the first scan. Whether the file is one that can be cut.
static int read_header(layout *l) {
  if (l->count < 4 || l->bytes[0] != 0xFF || l->bytes[1] != SOI) return 0;
  if (!keep(l, l->bytes, 2)) return 0;
  size_t at = 2;
  int frames = 0;
  while (at + 4 <= l->count) {
    const uint8_t *segment = l->bytes + at;
    if (segment[0] != 0xFF) return 0;
    const int marker = segment[1];
    const int32_t length = get16(segment + 2);
    if (length < 2 || at + 2 + (size_t)length > l->count) return 0;
    switch (marker) {
    case SOF0:
    case SOF1:
      if (++frames > 1 || !read_frame(l, segment, length)) return 0;
      l->height_at = l->header_count + 5;
      if (!keep(l, segment, 2 + (size_t)length)) return 0;
      break;
    case DRI:
      if (length != 4) return 0;
      l->interval = get16(segment + 4);
      if (!keep(l, segment, 2 + (size_t)length)) return 0;
      break;
    case DQT:
    case DHT:
    case APP0:
    case APP14:
      if (!keep(l, segment, 2 + (size_t)length)) return 0;
      break;
    case SOS:
      if (!keep(l, segment, 2 + (size_t)length)) return 0;
      l->data = at + 2 + (size_t)length;
      return frames == 1 && length >= 3 && segment[4] == l->components && l->interval > 0;
    default:
      // Other frames, arithmetic coding, fill bytes: not here.
      if (marker < APP0) return 0;
    }
    at += 2 + (size_t)length;
  }
  return 0;
}

/// The offsets of the segments between restart markers, and behind the last one that of the end marker. Whether the
/// markers are all there, in their order, and nothing but them.
static int find_segments(const layout *l, size_t *starts, int32_t segments) {
  const uint8_t *end = l->bytes + l->count;
  const uint8_t *at = l->bytes + l->data;
  int32_t found = 0;
  starts[found++] = l->data;
  while (at < end && (at = memchr(at, 0xFF, (size_t)(end - at))) != NULL && at + 1 < end) {
    const int marker = at[1];
    if (marker == EOI) {
      starts[found] = (size_t)(at - l->bytes);
      return found == segments;
    }
    if (marker != 0) {
      if (marker != RST0 + (found - 1) % 8 || found == segments) return 0;
      starts[found++] = (size_t)(at - l->bytes) + 2;
    }
    at += 2;
  }
  return 0;
}

/// Puts header, segments `first` to `last` and an end marker together.
static int build(const layout *l, const size_t *starts, int32_t first, int32_t last, int32_t height, tc_jpeg_rows *out) {
  const size_t data = starts[last + 1] - starts[first];
  out->bytes = malloc(l->header_count + data + 2);
  if (!out->bytes) return 0;
  memcpy(out->bytes, l->header, l->header_count);
  out->bytes[l->height_at] = (uint8_t)(height >> 8);
  out->bytes[l->height_at + 1] = (uint8_t)height;
  uint8_t *to = out->bytes + l->header_count;
  memcpy(to, l->bytes + starts[first], data);
  // Markers are numbered from the first one on again.
  for (int32_t i = first + 1; i <= last; i++) to[starts[i] - starts[first] - 1] = (uint8_t)(RST0 + (i - first - 1) % 8);
  // The last segment of all ends in the end marker, the others in a restart marker, which becomes one.
  size_t end = starts[last + 1] - starts[first];
  if (to[end - 2] == 0xFF && to[end - 1] >= RST0 && to[end - 1] < RST0 + 8) end -= 2;
  to[end] = 0xFF;
  to[end + 1] = EOI;
  out->count = l->header_count + end + 2;
  out->height = height;
  return 1;
}

int tc_jpeg_cut_rows(const uint8_t *bytes, size_t count, int32_t from, int32_t to, tc_jpeg_rows *out) {
  layout l = {.bytes = bytes, .count = count};
  size_t *starts = NULL;
  int done = 0;
  // Tables and frame; a header with more in it is not cut.
  l.header = malloc(HEADER_ROOM);
  if (!l.header) return 0;
  if (read_header(&l) && l.interval % l.blocks_across == 0) {
    const int32_t rows = l.interval / l.blocks_across * l.block_height;
    const int32_t segments = (l.height + rows - 1) / rows;
    const int32_t first = from / rows, last = (to - 1) / rows;
    if (first > 0 && last < segments) {
      starts = malloc(((size_t)segments + 1) * sizeof *starts);
      if (starts && find_segments(&l, starts, segments)) {
        const int32_t top = first * rows;
        const int32_t bottom = last + 1 == segments ? l.height : (last + 1) * rows;
        out->top = top;
        done = build(&l, starts, first, last, bottom - top, out);
      }
    }
  }
  free(starts);
  free(l.header);
  return done;
}
