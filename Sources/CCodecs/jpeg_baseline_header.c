// The headers of a baseline JPEG: what is usual is taken, all else is left to libjpeg.
#include "jpeg_baseline.h"

/// What libjpeg derives the colours from.
typedef struct {
  int jfif, adobe, transform;
} colour_hints;

static unsigned big16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

static verdict quant_segment(picture *p, const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    const int wide = *at >> 4, id = *at & 15;
    at++;
    if (wide > 1 || id > 3 || end - at < 64 * (wide + 1)) return UNUSUAL;
    for (int k = 0; k < 64; k++, at += wide + 1) {
      p->quant[id][tc_bl_natural_order[k]] = wide ? (uint16_t)big16(at) : *at;
    }
    p->quant_present[id] = 1;
  }
  return FINE;
}

static verdict huffman_segment(picture *p, const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    if (end - at < 17 || *at >> 4 > 1 || (*at & 15) > 3) return UNUSUAL;
    huffman_spec *spec = (*at >> 4 ? p->ac : p->dc) + (*at & 15);
    size_t symbols = 0;
    spec->counts[0] = 0;
    for (int i = 1; i <= 16; i++) symbols += spec->counts[i] = at[i];
    at += 17;
    if (symbols > 256 || (size_t)(end - at) < symbols) return UNUSUAL;
    memset(spec->symbols, 0, sizeof spec->symbols);
    memcpy(spec->symbols, at, symbols);
    at += symbols;
    spec->present = 1;
  }
  return FINE;
}

static verdict frame_segment(picture *p, const uint8_t *at, const uint8_t *end) {
  if (p->components || end - at < 6 || at[0] != 8) return UNUSUAL;
  p->height = (int)big16(at + 1);
  p->width = (int)big16(at + 3);
  const int n = at[5];
  if (!p->height || !p->width || (n != 1 && n != 3) || end - at != 6 + 3 * n) return UNUSUAL;
  p->components = n;
  for (int i = 0; i < n; i++) {
    const uint8_t *s = at + 6 + 3 * i;
    component *k = &p->component[i];
    p->ids[i] = s[0];
    *k = (component){.h = s[1] >> 4, .v = s[1] & 15, .quant = s[2]};
    if (k->h < 1 || k->h > 4 || k->v < 1 || k->v > 4 || k->quant > 3) return UNUSUAL;
    if (k->h > p->h_most) p->h_most = k->h;
    if (k->v > p->v_most) p->v_most = k->v;
  }
  return FINE;
}

/// Samples of a component's blocks: at a scale, blocks of subsampled chroma are made larger than others where they then
/// have the luma's size in both directions, as libjpeg does.
static void set_sizes(picture *p, int scale) {
  p->size = 8 / scale;
  for (int i = 0; i < p->components; i++) {
    component *k = &p->component[i];
    k->size = p->size;
    while (k->size < 8 && p->h_most * p->size % (k->h * k->size * 2) == 0
           && p->v_most * p->size % (k->v * k->size * 2) == 0) {
      k->size *= 2;
    }
  }
}

/// MCUs, and whose blocks are in one. A single component is never interleaved: its MCU is a block.
static verdict lay_out(picture *p) {
  for (int i = 0; i < p->components; i++) {
    component *k = &p->component[i];
    const int many = p->components == 1 ? 1 : k->h * k->v;
    for (int b = 0; b < many; b++) {
      if (p->blocks == MOST_BLOCKS) return UNUSUAL;
      p->owner[p->blocks++] = i;
    }
  }
  if (p->components == 1) p->component[0].h = p->component[0].v = p->h_most = p->v_most = 1;
  p->mcus_wide = over(p->width, 8 * p->h_most);
  p->mcus_high = over(p->height, 8 * p->v_most);
  return FINE;
}

/// Whose coefficients a scan brings: components in the frame's order.
static verdict scan_components(picture *p, const uint8_t *at, int n) {
  int i = 0;
  for (int c = 0; c < p->components && i < n; c++) {
    component *k = &p->component[c];
    if (at[2 * i] != p->ids[c]) continue;
    p->part.owner[i] = c;
    k->dc = at[2 * i + 1] >> 4;
    k->ac = at[2 * i + 1] & 15;
    if (k->dc > 3 || k->ac > 3) return UNUSUAL;
    i++;
  }
  p->part.components = n;
  return i == n ? FINE : UNUSUAL;
}

static verdict scan_segment(picture *p, const uint8_t *at, const uint8_t *end) {
  const int n = end > at ? at[0] : 0;
  if (!p->components || n < 1 || n > p->components || end - at != 4 + 2 * n) return UNUSUAL;
  if (scan_components(p, at + 1, n) != FINE) return UNUSUAL;
  const uint8_t *s = at + 1 + 2 * n;
  p->part.from = s[0], p->part.to = s[1], p->part.high = s[2] >> 4, p->part.low = s[2] & 15;
  p->scan = end;
  if (p->is_progressive) return FINE;
  if (n != p->components || s[0] != 0 || s[1] != 63 || s[2] != 0) return UNUSUAL;
  for (int i = 0; i < n; i++) {
    const component *k = &p->component[i];
    if (!p->dc[k->dc].present || !p->ac[k->ac].present) return UNUSUAL;
  }
  return FINE;
}

/// What is known when the first scan begins.
static verdict finish(picture *p, const colour_hints *h, int scale) {
  const int n = p->components, *ids = p->ids;
  for (int i = 0; i < n; i++) {
    if (!p->quant_present[p->component[i].quant]) return UNUSUAL;
  }
  // The first of equal ones would be everybody's.
  if (p->is_progressive && n == 3 && (ids[0] == ids[1] || ids[0] == ids[2] || ids[1] == ids[2])) return UNUSUAL;
  // Without JFIF or Adobe libjpeg guesses from the ids; 1, 2, 3 is YCbCr.
  const int is_guessed = ids[0] == 1 && ids[1] == 2 && ids[2] == 3;
  p->is_ycc = n == 3 && (h->jfif || (h->adobe ? h->transform == 1 : is_guessed));
  if (n == 3 && !p->is_ycc) return UNUSUAL;
  const verdict v = lay_out(p);
  if (v == FINE) set_sizes(p, scale);
  return v;
}

static verdict table_segment(picture *p, int marker, const uint8_t *at, const uint8_t *end) {
  switch (marker) {
    case 0xC4: return huffman_segment(p, at, end);
    case 0xDD:
      if (end - at != 2) return UNUSUAL;
      p->restart_interval = (int)big16(at);
      return FINE;
    case 0xFE: return FINE;
    default: return UNUSUAL;
  }
}

static verdict segment(picture *p, colour_hints *h, int marker, const uint8_t *at, const uint8_t *end) {
  switch (marker) {
    case 0xC2: p->is_progressive = 1; return frame_segment(p, at, end);
    case 0xC0: case 0xC1: return frame_segment(p, at, end);
    case 0xDB: return quant_segment(p, at, end);
    case 0xE0:
      if (end - at < 14 || memcmp(at, "JFIF", 5) != 0) return FINE;
      h->jfif = 1;
      // Of a later version libjpeg warns.
      return at[5] == 1 ? FINE : UNUSUAL;
    case 0xEE:
      if (end - at >= 12 && memcmp(at, "Adobe", 5) == 0) h->adobe = 1, h->transform = at[11];
      return FINE;
    default: return marker >= 0xE0 && marker <= 0xEF ? FINE : table_segment(p, marker, at, end);
  }
}

/// Reads segments up to a scan's; all of them before the first scan (`h` not NULL), tables alone behind it.
static verdict read_segments(picture *p, colour_hints *h, const uint8_t *at, int *is_end) {
  for (;;) {
    if (p->end - at >= 2 && at[0] == 0xFF && at[1] == 0xD9 && !h) {
      *is_end = 1;
      return FINE;
    }
    if (p->end - at < 4 || at[0] != 0xFF) return UNUSUAL;
    const int marker = at[1];
    const size_t length = big16(at + 2);
    if (length < 2 || (size_t)(p->end - at) < length + 2) return UNUSUAL;
    const uint8_t *from = at + 4;
    at += length + 2;
    if (marker == 0xDA) return scan_segment(p, from, at);
    const verdict v = h ? segment(p, h, marker, from, at) : table_segment(p, marker, from, at);
    if (v != FINE) return v;
  }
}

verdict tc_bl_parse(picture *p, const uint8_t *bytes, size_t count, int scale) {
  memset(p, 0, sizeof *p);
  if (count < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8) return UNUSUAL;
  p->end = bytes + count;
  colour_hints h = {0};
  int is_end = 0;
  const verdict v = read_segments(p, &h, bytes + 2, &is_end);
  return v == FINE ? finish(p, &h, scale) : v;
}

verdict tc_bl_next_scan(picture *p, const uint8_t *marker, int *is_end) {
  return read_segments(p, NULL, marker, is_end);
}
