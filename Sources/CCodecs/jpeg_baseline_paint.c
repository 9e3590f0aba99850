// From a row of MCUs' coefficients to a window's pixels: samples, then chroma of the luma's size, then colours. Every
// step's data stay in the first two caches.
#include "jpeg_baseline.h"

#if defined(__x86_64__)

/// Rows of samples before the row of MCUs at hand: the last ones of the row before, whose chroma waits for its
/// neighbour. Samples beside a row: vectors read and write behind it.
enum { BEFORE = 2, MARGIN = 64 };

static int lesser(int a, int b) { return a < b ? a : b; }
static size_t rounded(size_t n) { return (n + 63) & ~(size_t)63; }

// MARK: setting up

/// Gray, 4:4:4, 4:2:2, 4:2:0, 4:4:0 or 4:1:1.
static int is_ours(const picture *p) {
  if (p->components == 1) return 1;
  const component *c = p->component;
  if (c[1].h != 1 || c[1].v != 1 || c[2].h != 1 || c[2].v != 1) return 0;
  return (c[0].h <= 2 && c[0].v <= 2) || (c[0].h == 4 && c[0].v == 1);
}

/// How the chroma gets the luma's size. libjpeg smooths what has half of it: widths from three samples on, and nothing
/// at 1/8.
static void set_widening(painter *w) {
  const component *c = w->p->component;
  if (w->p->components == 1) return;
  const int wide = c[0].h * c[0].size / c[1].size, is_smooth = c[0].size > 1;
  w->is_half_height = c[0].v * c[0].size == 2 * c[1].size;
  if (wide == 2) w->widening = is_smooth && w->plane[1].width > 2 ? SMOOTH : TWICE;
  if (wide == 4) w->widening = FOUR_TIMES;
  w->waits = w->is_half_height && (wide == 1 ? is_smooth : w->widening == SMOOTH);
}

/// All planes out of one block of memory.
static verdict set_planes(painter *w) {
  const picture *p = w->p;
  size_t offset[MOST_COMPONENTS + 1], total = MARGIN;
  for (int i = 0; i < p->components; i++) {
    const component *c = &p->component[i];
    plane *s = &w->plane[i];
    s->stride = rounded((size_t)(p->mcus_wide * c->h * c->size)) + 2 * MARGIN;
    s->rows = c->v * c->size;
    s->width = (size_t)over(p->width * c->h * c->size, p->h_most * 8);
    s->height = over(p->height * c->v * c->size, p->v_most * 8);
    offset[i] = total + BEFORE * s->stride;
    total += (size_t)(BEFORE + s->rows) * s->stride;
  }
  offset[MOST_COMPONENTS] = total;
  const size_t wide = w->plane[0].stride + 2 * MARGIN;
  total += 2 * wide;
  // Zeros: vectors read what no block fills, and throw it away.
  w->samples = tk_scratch_take_zeros(total);
  if (!w->samples) return NO_MEMORY;
  for (int i = 0; i < p->components; i++) w->plane[i].at = w->samples + offset[i];
  for (int i = 0; i < 2; i++) w->wide[i] = w->samples + offset[MOST_COMPONENTS] + (size_t)i * wide;
  return FINE;
}

verdict tc_bl_paint_set_up(painter *w, const picture *p, const request *q) {
  if (!is_ours(p)) return UNUSUAL;
  w->p = p;
  w->request = q;
  w->is_gray = p->components == 1 || q->conversion->source == TC_GRAY;
  if (set_planes(w) != FINE) return NO_MEMORY;
  set_widening(w);
  const uint16_t *luma = p->quant[p->component[0].quant];
  tc_bl_quant_pair(&w->luma, luma, luma);
  if (p->components == 3) {
    tc_bl_quant_pair(&w->chroma, p->quant[p->component[1].quant], p->quant[p->component[2].quant]);
  }
  // Two pixels to each side, for the chroma's neighbours.
  const tc_window *part = q->window;
  const int across = p->size * p->h_most;
  w->from = (part->x > 2 ? part->x - 2 : 0) / across;
  w->to = lesser(over(part->x + part->width + 2, across), p->mcus_wide);
  if (tc_conversion_is_copy(q->conversion)) return FINE;
  w->line = tk_scratch_take((size_t)part->width * 4);
  return w->line ? FINE : NO_MEMORY;
}

void tc_bl_paint_free(painter *w) {
  tk_scratch_give(w->samples);
  tk_scratch_give(w->line);
}

// MARK: samples

/// Two blocks; where both have but a first coefficient, without a transform.
ALWAYS_INLINE int two_blocks(
    const int16_t *a, const int16_t *b, const uint8_t *last, size_t step, const quant_pair *q, int size, uint8_t *to_a,
    uint8_t *to_b, size_t stride) {
  if (size == 1) {
    *to_a = tc_bl_idct1(a[0], q->rows[0][0]), *to_b = tc_bl_idct1(b[0], q->rows[0][8]);
    return 0;
  }
  if (last[0] | last[step]) {
    if (size == 8) return tc_bl_idct_pair(a, b, q, to_a, to_b, stride);
    if (size == 4) return tc_bl_idct4_pair(a, b, q, to_a, to_b, stride);
    tc_bl_idct2_pair(a, b, q, to_a, to_b, stride);
  } else if (size == 2) {
    tc_bl_idct2_flat(a[0], (uint16_t)q->rows[0][0], to_a, stride);
    tc_bl_idct2_flat(b[0], (uint16_t)q->rows[0][8], to_b, stride);
  } else {
    tc_bl_idct_flat(a[0], (uint16_t)q->rows[0][0], to_a, stride, size);
    tc_bl_idct_flat(b[0], (uint16_t)q->rows[0][8], to_b, stride, size);
  }
  return 0;
}

/// Gray, or the luma of MCUs with blocks below each other: MCUs two by two.
static void luma_of_columns(painter *w, const int16_t *blocks, const uint8_t *last) {
  const int step = w->p->blocks, size = w->p->component[0].size;
  const plane *s = &w->plane[0];
  for (int y = 0; y < w->p->component[0].v; y++, blocks += 64, last++) {
    uint8_t *row = s->at + (size_t)(size * y) * s->stride;
    for (int m = w->from; m < w->to; m += 2) {
      // The last one alone is its own neighbour.
      const int n = m + 1 < w->to ? m + 1 : m;
      w->strange |= two_blocks(
          blocks + (size_t)(m * step) * 64, blocks + (size_t)(n * step) * 64, last + m * step,
          (size_t)((n - m) * step), &w->luma, size, row + size * m, row + size * n, s->stride);
    }
  }
}

/// The luma of MCUs with two or four blocks side by side.
static void luma_of_pairs(painter *w, const int16_t *blocks, const uint8_t *last) {
  const plane *s = &w->plane[0];
  const component *c = &w->p->component[0];
  const int step = w->p->blocks, size = c->size;
  for (int m = w->from; m < w->to; m++) {
    for (int b = 0; b < c->h * c->v; b += 2) {
      const int16_t *block = blocks + (size_t)(m * step + b) * 64;
      uint8_t *to = s->at + (size_t)(size * (b / c->h)) * s->stride + size * (c->h * m + b % c->h);
      w->strange |= two_blocks(block, block + 64, last + m * step + b, 1, &w->luma, size, to, to + size, s->stride);
    }
  }
}

static void chroma(painter *w, const int16_t *blocks, const uint8_t *last) {
  const int step = w->p->blocks, first = step - 2, size = w->p->component[1].size;
  for (int m = w->from; m < w->to; m++) {
    const int16_t *block = blocks + (size_t)(m * step + first) * 64;
    w->strange |= two_blocks(
        block, block + 64, last + m * step + first, 1, &w->chroma, size, w->plane[1].at + size * m,
        w->plane[2].at + size * m, w->plane[1].stride);
  }
}

/// The outermost samples once more outside of a row, as its widening wants them.
static void repeat_edges(painter *w) {
  for (int i = 1; i < MOST_COMPONENTS; i++) {
    const plane *s = &w->plane[i];
    for (int y = 0; y < s->rows; y++) {
      uint8_t *row = s->at + (size_t)y * s->stride;
      row[-1] = row[0];
      row[s->width] = row[s->width - 1];
    }
  }
}

static void samples_of_row(painter *w, const int16_t *blocks, const uint8_t *last) {
  if (w->p->component[0].h > 1) {
    luma_of_pairs(w, blocks, last);
  } else {
    luma_of_columns(w, blocks, last);
  }
  if (w->is_gray) return;
  chroma(w, blocks, last);
  if (w->widening == SMOOTH) repeat_edges(w);
}

// MARK: pixels

static const uint8_t *row_of(const plane *s, int y) { return s->at + (ptrdiff_t)y * (ptrdiff_t)s->stride; }

static int is_wanted(const painter *w, int y) {
  const tc_window *part = w->request->window;
  return y >= part->y && y < part->y + part->height;
}

/// Where the window's next row belongs.
static uint8_t *next_place(const painter *w) {
  return w->request->pixels + (size_t)(w->request->sink ? w->waiting : w->placed) * w->request->stride;
}

/// The row that was made in `line`, or in its place, is done.
static void row_is_done(painter *w) {
  const request *q = w->request;
  if (w->line) tc_convert_row(q->conversion, w->line, next_place(w), (size_t)q->window->width);
  w->placed++;
  if (!q->sink) return;
  w->waiting++;
  if (w->waiting < q->sink->strip && w->placed < q->window->height) return;
  q->sink->rows(q->sink->context, q->pixels, q->stride, w->waiting);
  w->waiting = 0;
}

/// A row of gray, or one of colours whose chroma rows have full width.
static void put_row(painter *w, const uint8_t *luma, const uint8_t *const chroma[2]) {
  const size_t x = (size_t)w->request->window->x, n = (size_t)w->request->window->width;
  uint8_t *to = w->line ? w->line : next_place(w);
  if (w->is_gray) {
    memcpy(to, luma + x, n);
  } else {
    tc_bl_ycc_to_rgb(luma + x, chroma[0] + x, chroma[1] + x, to, n);
  }
  row_is_done(w);
}

/// Gives the window's columns of both chroma rows the luma's width, and half of the way to the rows `far` if these are
/// not NULL. `bias` as for `tc_bl_blend_h1v2`.
static void widen(painter *w, const uint8_t *near[2], const uint8_t *far[2], int bias) {
  const tc_window *part = w->request->window;
  const size_t times = w->widening == AS_IT_IS ? 1 : w->widening == FOUR_TIMES ? 4 : 2;
  const size_t first = (size_t)part->x / times;
  const size_t n = ((size_t)(part->x + part->width) + times - 1) / times - first;
  for (int i = 0; i < 2; i++) {
    uint8_t *to = w->wide[i] + times * first;
    const uint8_t *row = near[i] + first;
    switch (w->widening) {
      case AS_IT_IS: tc_bl_blend_h1v2(row, far[i] + first, to, n, bias); break;
      case TWICE: tc_bl_repeat_h2v1(row, to, n); break;
      case FOUR_TIMES: tc_bl_repeat_h4v1(row, to, n); break;
      case SMOOTH:
        if (far) {
          tc_bl_widen_h2v2(row, far[i] + first, to, n);
        } else {
          tc_bl_widen_h2v1(row, to, n);
        }
    }
  }
}

/// The rows of a picture whose chroma waits for nothing. `y`: the first of this row of MCUs.
static void put_at_once(painter *w, int y) {
  for (int r = 0; r < w->plane[0].rows; r++) {
    if (!is_wanted(w, y + r)) continue;
    const uint8_t *c[2] = {NULL, NULL};
    if (!w->is_gray) {
      for (int i = 0; i < 2; i++) c[i] = row_of(&w->plane[1 + i], r >> w->is_half_height);
      if (w->widening != AS_IT_IS) {
        widen(w, c, NULL, 0);
        for (int i = 0; i < 2; i++) c[i] = w->wide[i];
      }
    }
    put_row(w, row_of(&w->plane[0], r), c);
  }
}

/// Chroma row `j` of the picture, which is `r` of the planes at hand, makes two rows of pixels.
static void put_two_rows(painter *w, int j, int r) {
  const plane *s = &w->plane[1];
  for (int v = 0; v < 2; v++) {
    if (!is_wanted(w, 2 * j + v)) continue;
    int beside = v ? r + 1 : r - 1;
    if (j == 0 && v == 0) beside = r;
    if (j == s->height - 1 && v == 1) beside = r;
    const uint8_t *near[2] = {row_of(s, r), row_of(s + 1, r)};
    const uint8_t *far[2] = {row_of(s, beside), row_of(s + 1, beside)};
    widen(w, near, far, 1 + v);
    const uint8_t *c[2] = {w->wide[0], w->wide[1]};
    put_row(w, row_of(&w->plane[0], 2 * r + v), c);
  }
}

/// The rows that are complete; a row of chroma waits for the next, and the planes' last rows are kept for it.
static void put_when_complete(painter *w, int mcu_row) {
  const int rows = w->plane[1].rows, first = mcu_row * rows, height = w->plane[1].height;
  const int end = mcu_row + 1 == w->p->mcus_high ? height : first + rows - 1;
  for (int j = mcu_row ? first - 1 : 0; j < end; j++) put_two_rows(w, j, j - first);
  for (int i = 0; i < MOST_COMPONENTS; i++) {
    plane *s = &w->plane[i];
    memcpy(s->at - BEFORE * s->stride - 1, s->at + (size_t)(s->rows - BEFORE) * s->stride - 1, BEFORE * s->stride);
  }
}

// MARK: rows of MCUs

void tc_bl_paint_needs(const painter *w, int *from, int *to) {
  const int y0 = w->request->window->y, y1 = y0 + w->request->window->height - 1;
  if (!w->waits || w->is_gray) {
    *from = y0 / w->plane[0].rows;
    *to = y1 / w->plane[0].rows + 1;
    return;
  }
  // An even row's other chroma row is the one above. A chroma row's two rows are made when the one below is there.
  const int above = y0 / 2 - (y0 % 2 == 0), below = lesser(y1 / 2 + 1, w->plane[1].height - 1);
  *from = (above > 0 ? above : 0) / w->plane[1].rows;
  *to = below / w->plane[1].rows + 1;
}

verdict tc_bl_paint_row(painter *w, int mcu_row, const int16_t *blocks, const uint8_t *last) {
  samples_of_row(w, blocks, last);
  if (w->strange) return UNUSUAL;
  if (w->waits && !w->is_gray) {
    put_when_complete(w, mcu_row);
  } else {
    put_at_once(w, mcu_row * w->plane[0].rows);
  }
  return FINE;
}

#else
typedef int tc_no_paint_here;
#endif
