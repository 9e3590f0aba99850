// A window of a baseline JPEG, a row of MCUs at a time: coefficients, samples, pixels. Every step's data stay in the first
// two caches.
#include "jpeg_baseline.h"

#include <stdlib.h>

#if defined(__x86_64__)

/// Rows of samples before the row of MCUs at hand: the last ones of the row before, whose chroma waits for its neighbour.
/// Samples beside a row: vectors read and write behind it.
enum { BEFORE = 2, MARGIN = 64 };

/// Sample rows of a component. Row r of the MCU row at hand is `at + r * stride`.
typedef struct {
  uint8_t *at;
  size_t stride, width;
  int rows, height;
} plane;

/// What one decode holds; big, and so never on the stack.
typedef struct {
  picture p;
  clean_scan scan;
  huffman_table dc[4], ac[4];
  lane lane;
  /// The coefficients of a row of MCUs and a block more, and each block's last one.
  int16_t *row;
  uint8_t *last;
  uint8_t *samples;
  plane plane[MOST_COMPONENTS];
  quant_pair luma, chroma;
  uint8_t *wide[2];
  /// The window, and the MCUs across that it and its neighbours lie in.
  tc_window window;
  int from, to;
  /// The luma alone is wanted.
  int is_gray;
  const tc_conversion *conversion;
  const tc_sink *sink;
  uint8_t *pixels;
  size_t stride;
  uint8_t *line;  // a row before its conversion; NULL where none is needed
  int32_t placed, waiting;
  /// Coefficients that libjpeg must see to.
  int strange;
} decoder;

static int lesser(int a, int b) { return a < b ? a : b; }
static size_t rounded(size_t n) { return (n + 63) & ~(size_t)63; }

/// Gray, 4:4:4, 4:2:2 or 4:2:0, and wide enough that libjpeg smooths the chroma.
static int is_ours(const picture *p) {
  if (p->components == 1) return 1;
  const component *c = p->component;
  if (c[1].h != 1 || c[1].v != 1 || c[2].h != 1 || c[2].v != 1) return 0;
  if (c[0].h == 1 && c[0].v == 1) return 1;
  return c[0].h == 2 && c[0].v <= 2 && over(p->width, 2) > 2;
}

// MARK: setting up

/// All planes out of one block of memory.
static verdict set_planes(decoder *d) {
  const picture *p = &d->p;
  size_t offset[MOST_COMPONENTS + 1], total = MARGIN;
  for (int i = 0; i < p->components; i++) {
    const component *c = &p->component[i];
    plane *s = &d->plane[i];
    s->stride = rounded((size_t)p->mcus_wide * (size_t)c->h * 8) + 2 * MARGIN;
    s->rows = c->v * 8;
    s->width = (size_t)over(p->width * c->h, p->h_most);
    s->height = over(p->height * c->v, p->v_most);
    offset[i] = total + BEFORE * s->stride;
    total += (size_t)(BEFORE + s->rows) * s->stride;
  }
  offset[MOST_COMPONENTS] = total;
  const size_t wide = d->plane[0].stride + 2 * MARGIN;
  total += 2 * wide;
  // Zeros: vectors read what no block fills, and throw it away.
  d->samples = calloc(total, 1);
  if (!d->samples) return NO_MEMORY;
  for (int i = 0; i < p->components; i++) d->plane[i].at = d->samples + offset[i];
  for (int i = 0; i < 2; i++) d->wide[i] = d->samples + offset[MOST_COMPONENTS] + (size_t)i * wide;
  return FINE;
}

static verdict set_tables(decoder *d) {
  const picture *p = &d->p;
  unsigned has_dc = 0, has_ac = 0;
  verdict v = FINE;
  for (int i = 0; i < p->components && v == FINE; i++) {
    const int dc = p->component[i].dc, ac = p->component[i].ac;
    if (!(has_dc >> dc & 1)) v = tc_bl_build(&d->dc[dc], &p->dc[dc], 1);
    if (v == FINE && !(has_ac >> ac & 1)) v = tc_bl_build(&d->ac[ac], &p->ac[ac], 0);
    has_dc |= 1u << dc;
    has_ac |= 1u << ac;
  }
  const uint16_t *luma = p->quant[p->component[0].quant];
  tc_bl_quant_pair(&d->luma, luma, luma);
  if (p->components == 3) {
    tc_bl_quant_pair(&d->chroma, p->quant[p->component[1].quant], p->quant[p->component[2].quant]);
  }
  return v;
}

static size_t row_blocks(const decoder *d) { return (size_t)d->p.mcus_wide * (size_t)d->p.blocks; }

static verdict set_up(decoder *d, const uint8_t *bytes, size_t count, int32_t width, int32_t height) {
  verdict v = tc_bl_parse(&d->p, bytes, count);
  if (v != FINE) return v;
  if (!is_ours(&d->p) || d->p.width != width || d->p.height != height) return UNUSUAL;
  v = tc_bl_clean_fill(&d->scan, &d->p);
  if (v == FINE) v = set_tables(d);
  if (v == FINE) v = set_planes(d);
  if (v != FINE) return v;
  d->row = aligned_alloc(64, (row_blocks(d) + 1) * 128 / 64 * 64);
  d->last = malloc(row_blocks(d) + 1);
  if (!tc_conversion_is_copy(d->conversion)) {
    d->line = malloc((size_t)d->window.width * 4);
    if (!d->line) return NO_MEMORY;
  }
  if (!d->row || !d->last) return NO_MEMORY;
  d->is_gray = d->p.components == 1 || d->conversion->source == TC_GRAY;
  // Two pixels to each side, for the chroma's neighbours.
  const int across = 8 * d->p.h_most;
  d->from = (d->window.x > 2 ? d->window.x - 2 : 0) / across;
  d->to = lesser(over(d->window.x + d->window.width + 2, across), d->p.mcus_wide);
  tc_bl_start(&d->lane, &d->p, &d->scan, d->dc, d->ac);
  return FINE;
}

// MARK: samples

/// Two blocks; where both have but a first coefficient, without a transform.
ALWAYS_INLINE int two_blocks(
    const int16_t *a, const int16_t *b, const uint8_t last[2], const quant_pair *q, uint8_t *to_a, uint8_t *to_b,
    size_t stride) {
  if (last[0] | last[1]) return tc_bl_idct_pair(a, b, q, to_a, to_b, stride);
  tc_bl_idct_flat(a[0], (uint16_t)q->rows[0][0], to_a, stride);
  tc_bl_idct_flat(b[0], (uint16_t)q->rows[0][8], to_b, stride);
  return 0;
}

/// Gray, or the luma of MCUs with one block of it: MCUs two by two.
static void luma_alone(decoder *d) {
  const int step = d->p.blocks;
  const plane *s = &d->plane[0];
  for (int m = d->from; m < d->to; m += 2) {
    // The last one alone is its own neighbour.
    const int n = m + 1 < d->to ? m + 1 : m;
    const uint8_t last[2] = {d->last[m * step], d->last[n * step]};
    d->strange |= two_blocks(
        d->row + (size_t)(m * step) * 64, d->row + (size_t)(n * step) * 64, last, &d->luma, s->at + 8 * m,
        s->at + 8 * n, s->stride);
  }
}

static void luma_of_mcus(decoder *d) {
  const plane *s = &d->plane[0];
  const int step = d->p.blocks;
  for (int m = d->from; m < d->to; m++) {
    const int16_t *block = d->row + (size_t)(m * step) * 64;
    for (int y = 0; y < d->p.component[0].v; y++) {
      uint8_t *to = s->at + (size_t)(8 * y) * s->stride + 16 * m;
      d->strange |= two_blocks(
          block + 128 * y, block + 128 * y + 64, d->last + m * step + 2 * y, &d->luma, to, to + 8, s->stride);
    }
  }
}

static void chroma(decoder *d) {
  const int step = d->p.blocks, first = step - 2;
  for (int m = d->from; m < d->to; m++) {
    const int16_t *block = d->row + (size_t)(m * step + first) * 64;
    d->strange |= two_blocks(
        block, block + 64, d->last + m * step + first, &d->chroma, d->plane[1].at + 8 * m, d->plane[2].at + 8 * m,
        d->plane[1].stride);
  }
}

/// The outermost samples once more outside of a row, as its widening wants them.
static void repeat_edges(decoder *d) {
  for (int i = 1; i < MOST_COMPONENTS; i++) {
    const plane *s = &d->plane[i];
    for (int y = 0; y < s->rows; y++) {
      uint8_t *row = s->at + (size_t)y * s->stride;
      row[-1] = row[0];
      row[s->width] = row[s->width - 1];
    }
  }
}

static void samples_of_row(decoder *d) {
  if (d->p.component[0].h == 2) {
    luma_of_mcus(d);
  } else {
    luma_alone(d);
  }
  if (d->is_gray) return;
  chroma(d);
  if (d->p.h_most == 2) repeat_edges(d);
}

// MARK: pixels

static const uint8_t *row_of(const plane *s, int y) { return s->at + (ptrdiff_t)y * (ptrdiff_t)s->stride; }

static int is_wanted(const decoder *d, int y) { return y >= d->window.y && y < d->window.y + d->window.height; }

/// Where the window's next row is to be made.
static uint8_t *next_row(const decoder *d) {
  if (d->line) return d->line;
  return d->pixels + (size_t)(d->sink ? d->waiting : d->placed) * d->stride;
}

/// The row that `next_row` stood for is made.
static void row_is_done(decoder *d) {
  if (d->line) {
    uint8_t *to = d->pixels + (size_t)(d->sink ? d->waiting : d->placed) * d->stride;
    tc_convert_row(d->conversion, d->line, to, (size_t)d->window.width);
  }
  d->placed++;
  if (!d->sink) return;
  d->waiting++;
  if (d->waiting < d->sink->strip && d->placed < d->window.height) return;
  d->sink->rows(d->sink->context, d->pixels, d->stride, d->waiting);
  d->waiting = 0;
}

/// A row of gray, or one of colours whose chroma rows have full width.
static void put_row(decoder *d, const uint8_t *luma, const uint8_t *const chroma[2]) {
  const size_t x = (size_t)d->window.x, n = (size_t)d->window.width;
  if (d->is_gray) {
    memcpy(next_row(d), luma + x, n);
  } else {
    tc_bl_ycc_to_rgb(luma + x, chroma[0] + x, chroma[1] + x, next_row(d), n);
  }
  row_is_done(d);
}

/// Widens the samples of both chroma rows that the window's columns come from; `far` NULL for one direction alone.
static void widen(decoder *d, const uint8_t *near[2], const uint8_t *far[2]) {
  const size_t first = (size_t)d->window.x / 2;
  const size_t n = ((size_t)(d->window.x + d->window.width) + 1) / 2 - first;
  for (int i = 0; i < 2; i++) {
    if (far) {
      tc_bl_widen_h2v2(near[i] + first, far[i] + first, d->wide[i] + 2 * first, n);
    } else {
      tc_bl_widen_h2v1(near[i] + first, d->wide[i] + 2 * first, n);
    }
  }
}

/// The rows of a picture whose chroma has full height. `y`: the first of this row of MCUs.
static void put_full_height(decoder *d, int y) {
  for (int r = 0; r < 8; r++) {
    if (!is_wanted(d, y + r)) continue;
    const uint8_t *c[2] = {NULL, NULL};
    if (!d->is_gray) {
      for (int i = 0; i < 2; i++) c[i] = row_of(&d->plane[1 + i], r);
      if (d->p.h_most == 2) {
        widen(d, c, NULL);
        for (int i = 0; i < 2; i++) c[i] = d->wide[i];
      }
    }
    put_row(d, row_of(&d->plane[0], r), c);
  }
}

/// The luma rows of a picture whose chroma has half the height.
static void put_gray_rows(decoder *d, int mcu_row) {
  for (int r = 0; r < 16; r++) {
    if (is_wanted(d, 16 * mcu_row + r)) put_row(d, row_of(&d->plane[0], r), NULL);
  }
}

/// Chroma row `j` of the picture, which is `r` of the planes at hand, makes two rows of pixels.
static void put_two_rows(decoder *d, int j, int r) {
  const plane *s = &d->plane[1];
  for (int v = 0; v < 2; v++) {
    if (!is_wanted(d, 2 * j + v)) continue;
    int beside = v ? r + 1 : r - 1;
    if (j == 0 && v == 0) beside = r;
    if (j == s->height - 1 && v == 1) beside = r;
    const uint8_t *near[2] = {row_of(s, r), row_of(s + 1, r)};
    const uint8_t *far[2] = {row_of(s, beside), row_of(s + 1, beside)};
    widen(d, near, far);
    const uint8_t *c[2] = {d->wide[0], d->wide[1]};
    put_row(d, row_of(&d->plane[0], 2 * r + v), c);
  }
}

/// The rows that are complete; a row of chroma waits for the next, and the planes' last rows are kept for it.
static void put_half_height(decoder *d, int mcu_row) {
  const int first = mcu_row * 8, height = d->plane[1].height;
  const int end = mcu_row + 1 == d->p.mcus_high ? height : first + 7;
  for (int j = mcu_row ? first - 1 : 0; j < end; j++) put_two_rows(d, j, j - first);
  for (int i = 0; i < MOST_COMPONENTS; i++) {
    plane *s = &d->plane[i];
    memcpy(s->at - BEFORE * s->stride - 1, s->at + (size_t)(s->rows - BEFORE) * s->stride - 1, BEFORE * s->stride);
  }
}

// MARK: rows of MCUs

/// The rows of MCUs that the window needs, its chroma's neighbours included.
static void rows_needed(const decoder *d, int *from, int *to) {
  const int y0 = d->window.y, y1 = d->window.y + d->window.height - 1;
  if (d->p.v_most == 1 || d->is_gray) {
    *from = y0 / (8 * d->p.v_most);
    *to = y1 / (8 * d->p.v_most) + 1;
    return;
  }
  // An even row's other chroma row is the one above. A chroma row's two rows are made when the one below is there.
  const int above = y0 / 2 - (y0 % 2 == 0), below = lesser(y1 / 2 + 1, d->plane[1].height - 1);
  *from = (above > 0 ? above : 0) / 8;
  *to = below / 8 + 1;
}

/// Goes to a row of MCUs: to the restart marker above it, if there are some at the ends of rows. Returns the row.
static int skip_rows(decoder *d, int row) {
  const int interval = d->p.restart_interval;
  if (interval == 0 || interval % d->p.mcus_wide != 0) return 0;
  const int rows = interval / d->p.mcus_wide, segment = row / rows;
  if (segment == 0) return 0;
  d->lane.segment = (size_t)segment;
  d->lane.reader.next = d->scan.bytes + d->scan.ends[segment - 1];
  return segment * rows;
}

static verdict decode_rows(decoder *d) {
  int from, to;
  rows_needed(d, &from, &to);
  for (int y = skip_rows(d, from); y < to; y++) {
    // Coefficients that nobody looks at may be written over others.
    if (y >= from) memset(d->row, 0, (row_blocks(d) + 1) * 128);
    const verdict v = tc_bl_decode_mcus(&d->lane, d->row, d->last, (size_t)d->p.mcus_wide);
    if (v != FINE) return v;
    if (y < from) continue;
    samples_of_row(d);
    if (d->strange) return UNUSUAL;
    if (d->p.v_most == 1) {
      put_full_height(d, 8 * y);
    } else if (d->is_gray) {
      put_gray_rows(d, y);
    } else {
      put_half_height(d, y);
    }
  }
  // Below the window there are entropy-coded data up to an end marker: libjpeg might warn of them, and no more.
  return to == d->p.mcus_high ? tc_bl_end(&d->lane) : tc_bl_stop(&d->lane);
}

verdict tc_bl_decode(
    const uint8_t *bytes, size_t count, const tc_conversion *conversion, int32_t width, int32_t height,
    const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride) {
  if (!__builtin_cpu_supports("avx2") || count > UINT32_MAX) return UNUSUAL;
  // Tables are filled before they are read: no need to clear them.
  decoder *d = malloc(sizeof *d);
  if (!d) return NO_MEMORY;
  memset(&d->scan, 0, sizeof d->scan);
  d->row = NULL;
  d->last = d->samples = d->line = NULL;
  d->window = *window;
  d->conversion = conversion;
  d->sink = sink;
  d->pixels = pixels;
  d->stride = stride;
  d->placed = d->waiting = 0;
  d->strange = 0;
  verdict v = set_up(d, bytes, count, width, height);
  if (v == FINE) v = decode_rows(d);
  tc_bl_clean_free(&d->scan);
  free(d->row);
  free(d->last);
  free(d->samples);
  free(d->line);
  free(d);
  return v;
}

#else

verdict tc_bl_decode(
    const uint8_t *bytes, size_t count, const tc_conversion *conversion, int32_t width, int32_t height,
    const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride) {
  (void)bytes, (void)count, (void)conversion, (void)width, (void)height, (void)window, (void)sink, (void)pixels;
  (void)stride;
  return UNUSUAL;
}

#endif
