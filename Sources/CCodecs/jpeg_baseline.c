// A window of a baseline JPEG, a row of MCUs at a time.
#include "jpeg_progressive.h"

#if defined(__x86_64__)

/// What one decode holds; big, and so never on the stack.
typedef struct {
  const picture *p;
  uint8_t *clean;
  clean_scan scan;
  huffman_table dc[4], ac[4];
  lane lane;
  /// The coefficients of a row of MCUs and a block more, and each block's last one.
  int16_t *row;
  uint8_t *last;
  painter painter;
} decoder;

static verdict set_tables(decoder *d) {
  const picture *p = d->p;
  unsigned has_dc = 0, has_ac = 0;
  verdict v = FINE;
  for (int i = 0; i < p->components && v == FINE; i++) {
    const int dc = p->component[i].dc, ac = p->component[i].ac;
    if (!(has_dc >> dc & 1)) v = tc_bl_build(&d->dc[dc], &p->dc[dc], DC);
    if (v == FINE && !(has_ac >> ac & 1)) v = tc_bl_build(&d->ac[ac], &p->ac[ac], AC);
    has_dc |= 1u << dc;
    has_ac |= 1u << ac;
  }
  return v;
}

static size_t row_blocks(const decoder *d) { return (size_t)d->p->mcus_wide * (size_t)d->p->blocks; }

static verdict set_up(decoder *d, const request *q) {
  const picture *p = d->p;
  verdict v = tc_bl_paint_set_up(&d->painter, p, q);
  if (v != FINE) return v;
  d->clean = tk_scratch_take((size_t)(p->end - p->scan) + 64 + CLEAN_SLACK);
  d->row = tk_scratch_take((row_blocks(d) + 1) * 128);
  d->last = tk_scratch_take(row_blocks(d) + 1);
  if (!d->clean || !d->row || !d->last) return NO_MEMORY;
  v = tc_bl_clean_fill(&d->scan, p, (size_t)p->mcus_wide * (size_t)p->mcus_high, d->clean);
  if (v == FINE && d->scan.marker[1] != 0xD9) v = UNUSUAL;
  if (v == FINE) v = set_tables(d);
  if (v == FINE) tc_bl_start(&d->lane, p, &d->scan, d->dc, d->ac);
  return v;
}

/// Goes to a row of MCUs: to the restart marker above it, if there are some at the ends of rows. Returns the row.
static int skip_rows(decoder *d, int row) {
  const int interval = d->p->restart_interval;
  if (interval == 0 || interval % d->p->mcus_wide != 0) return 0;
  const int rows = interval / d->p->mcus_wide, segment = row / rows;
  if (segment == 0) return 0;
  d->lane.segment = (size_t)segment;
  d->lane.reader.next = d->scan.bytes + d->scan.ends[segment - 1];
  return segment * rows;
}

static verdict decode_rows(decoder *d) {
  int from, to;
  tc_bl_paint_needs(&d->painter, &from, &to);
  for (int y = skip_rows(d, from); y < to; y++) {
    // Coefficients that nobody looks at may be written over others.
    if (y >= from) memset(d->row, 0, (row_blocks(d) + 1) * 128);
    verdict v = tc_bl_decode_mcus(&d->lane, d->row, d->last, (size_t)d->p->mcus_wide);
    if (v == FINE && y >= from) v = tc_bl_paint_row(&d->painter, y, d->row, d->last);
    if (v != FINE) return v;
  }
  // Below the window there are entropy-coded data up to an end marker: libjpeg might warn of them, and no more.
  return to == d->p->mcus_high ? tc_bl_end(&d->lane) : tc_bl_stop(&d->lane);
}

static verdict decode(const picture *p, const request *q) {
  // Vectors of 32 bytes in it. Tables are filled before they are read: no need to clear them.
  decoder *d = tk_scratch_take(sizeof *d);
  if (!d) return NO_MEMORY;
  memset(&d->scan, 0, sizeof d->scan);
  memset(&d->painter, 0, sizeof d->painter);
  d->p = p;
  d->clean = d->last = NULL;
  d->row = NULL;
  verdict v = set_up(d, q);
  if (v == FINE) v = decode_rows(d);
  tc_bl_paint_free(&d->painter);
  tk_scratch_give(d->scan.ends);
  tk_scratch_give(d->clean);
  tk_scratch_give(d->row);
  tk_scratch_give(d->last);
  tk_scratch_give(d);
  return v;
}

verdict tc_bl_decode(const uint8_t *bytes, size_t count, const request *q) {
  if (tc_loops_for_jpeg() < TK_SIMD_AVX2 || count > UINT32_MAX) return UNUSUAL;
  picture *p = tk_scratch_take(sizeof *p);
  if (!p) return NO_MEMORY;
  verdict v = tc_bl_parse(p, bytes, count, q->picture->scale);
  if (v == FINE && (p->width != q->picture->width || p->height != q->picture->height)) v = UNUSUAL;
  if (v == FINE) v = p->is_progressive ? tc_pg_decode(p, q) : decode(p, q);
  tk_scratch_give(p);
  return v;
}

#else

verdict tc_bl_decode(const uint8_t *bytes, size_t count, const request *q) {
  (void)bytes, (void)count, (void)q;
  return UNUSUAL;
}

#endif
