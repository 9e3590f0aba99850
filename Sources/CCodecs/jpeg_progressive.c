// A window of a progressive JPEG: all scans side by side, a row of MCUs at a time.
#include "jpeg_progressive.h"

#if defined(__x86_64__)

/// Files have about ten scans, begin at the third bit at most, and are smaller than 67 megapixels: with these bounds
/// coefficients fit their 16 bits, and sums of differences libjpeg's 32 also below a window, where nobody looks.
enum { MOST_SCANS = 64, MOST_LOW = 5, MOST_BLOCKS_IN_ALL = 1 << 20 };

typedef struct {
  picture *p;
  painter painter;
  progressive_scan scans[MOST_SCANS];
  int count;
  /// The lowest bit that is known of each coefficient; -1: none.
  int8_t known[MOST_COMPONENTS][64];
  /// The clean data of all scans.
  uint8_t *clean;
  /// A row of MCUs.
  int16_t *blocks;
  uint64_t *present;
  uint8_t *last;
} decoder;

static size_t row_blocks(const decoder *d) { return (size_t)d->p->mcus_wide * (size_t)d->p->blocks; }

// MARK: setting up

/// Whether a scan brings what comes next of its coefficients, so that libjpeg has nothing to warn of; it then is known.
static int is_next(decoder *d, const scan_part *part) {
  if (part->from == 0 ? part->to != 0 : part->components != 1 || part->from > part->to || part->to > 63) return 0;
  if (part->low > MOST_LOW || (part->high != 0 && part->low != part->high - 1)) return 0;
  for (int i = 0; i < part->components; i++) {
    int8_t *known = d->known[part->owner[i]];
    if (part->from > 0 && known[0] < 0) return 0;
    for (int k = part->from; k <= part->to; k++) {
      if (known[k] != (part->high ? part->high : -1)) return 0;
      known[k] = (int8_t)part->low;
    }
  }
  return 1;
}

/// Whether all bits of all coefficients are there: else libjpeg smooths over the edges of blocks.
static int is_complete(const decoder *d) {
  for (int c = 0; c < d->p->components; c++) {
    for (int k = 0; k < 64; k++) {
      if (d->known[c][k] != 0) return 0;
    }
  }
  return 1;
}

/// The tables, also of a scan that is not looked at: libjpeg refuses bad ones.
static verdict set_tables(progressive_scan *s, const picture *p) {
  const int is_dc = s->part.from == 0;
  if (is_dc && s->part.high) return FINE;
  s->tables = tk_scratch_take((size_t)s->part.components * sizeof *s->tables);
  if (!s->tables) return NO_MEMORY;
  for (int i = 0; i < s->part.components; i++) {
    const component *k = &p->component[s->part.owner[i]];
    const huffman_spec *spec = is_dc ? &p->dc[k->dc] : &p->ac[k->ac];
    if (!spec->present) return UNUSUAL;
    const verdict v = tc_bl_build(s->tables + i, spec, is_dc ? DC : s->part.high ? AC_REFINED : AC_FIRST);
    if (v != FINE) return v;
    // Differences that libjpeg takes may add up to what it refuses, also below the window.
    for (int n = 0; is_dc && n < 256; n++) {
      if (spec->symbols[n] > MOST_SIZE_DC) return UNUSUAL;
    }
  }
  return FINE;
}

/// Whether no sample of the window depends on the scan.
static int is_idle(const decoder *d, const scan_part *part) {
  const int is_chroma = part->owner[0] > 0;
  return (is_chroma && d->painter.is_gray) || (part->from > 0 && d->p->component[part->owner[0]].size == 1);
}

/// The MCUs of a scan: of one component these are its blocks.
static size_t units_of(const picture *p, const scan_part *part) {
  if (part->components > 1) return (size_t)p->mcus_wide * (size_t)p->mcus_high;
  const component *k = &p->component[part->owner[0]];
  return (size_t)over(p->width * k->h, p->h_most * 8) * (size_t)over(p->height * k->v, p->v_most * 8);
}

/// Takes the scan at hand. `clean`: where its data go; it is moved behind them.
static verdict add_scan(decoder *d, uint8_t **clean) {
  const picture *p = d->p;
  if (d->count == MOST_SCANS || !is_next(d, &p->part)) return UNUSUAL;
  progressive_scan *s = &d->scans[d->count++];
  s->part = p->part;
  s->is_idle = is_idle(d, &s->part);
  verdict v = set_tables(s, p);
  if (v == FINE) v = tc_bl_clean_fill(&s->scan, p, units_of(p, &s->part), *clean);
  if (v != FINE) return v;
  tc_pg_start(s, (size_t)p->restart_interval);
  *clean += s->scan.ends[s->scan.segments - 1] + CLEAN_SLACK;
  return FINE;
}

static verdict add_scans(decoder *d, int64_t max_scans) {
  uint8_t *clean = d->clean;
  for (int is_end = 0; !is_end;) {
    // libjpeg tells of the limit.
    if (d->count >= max_scans) return UNUSUAL;
    verdict v = add_scan(d, &clean);
    if (v == FINE) v = tc_bl_next_scan(d->p, d->scans[d->count - 1].scan.marker, &is_end);
    if (v != FINE) return v;
  }
  return is_complete(d) ? FINE : UNUSUAL;
}

static verdict set_up(decoder *d, const request *q) {
  const picture *p = d->p;
  const verdict v = tc_bl_paint_set_up(&d->painter, p, q);
  if (v != FINE) return v;
  const size_t bytes = (size_t)(p->end - p->scan), blocks = row_blocks(d) * (size_t)p->mcus_high;
  // A block's DC coefficient is a bit at least: a small file that claims to be a large picture is not sound.
  if (blocks / 8 > bytes || blocks > MOST_BLOCKS_IN_ALL) return UNUSUAL;
  memset(d->known, -1, sizeof d->known);
  d->clean = tk_scratch_take(bytes + MOST_SCANS * CLEAN_SLACK + 64);
  d->blocks = tk_scratch_take(row_blocks(d) * 128);
  d->present = tk_scratch_take(row_blocks(d) * sizeof *d->present);
  d->last = tk_scratch_take(row_blocks(d));
  if (!d->clean || !d->blocks || !d->present || !d->last) return NO_MEMORY;
  return add_scans(d, q->picture->max_scans);
}

// MARK: rows

static verdict decode_row(decoder *d, int y) {
  memset(d->blocks, 0, row_blocks(d) * 128);
  memset(d->present, 0, row_blocks(d) * sizeof *d->present);
  for (int i = 0; i < d->count; i++) {
    if (d->scans[i].is_idle) continue;
    const verdict v = tc_pg_decode_row(&d->scans[i], d->p, y, d->blocks, d->present);
    if (v != FINE) return v;
  }
  for (size_t b = 0; b < row_blocks(d); b++) d->last[b] = d->present[b] ? 63 : 0;
  return FINE;
}

static verdict decode_rows(decoder *d) {
  int from, to;
  tc_bl_paint_needs(&d->painter, &from, &to);
  for (int y = 0; y < to; y++) {
    verdict v = decode_row(d, y);
    if (v == FINE && y >= from) v = tc_bl_paint_row(&d->painter, y, d->blocks, d->last);
    if (v != FINE) return v;
  }
  // Below the window there are entropy-coded data up to an end marker: libjpeg might warn of them, and no more.
  for (int i = 0; i < d->count; i++) {
    if (!d->scans[i].is_idle && tc_pg_end(&d->scans[i], to == d->p->mcus_high) != FINE) return DAMAGED;
  }
  return FINE;
}

verdict tc_pg_decode(picture *p, const request *q) {
  decoder *d = tk_scratch_take(sizeof *d);
  if (!d) return NO_MEMORY;
  memset(d, 0, sizeof *d);
  d->p = p;
  verdict v = set_up(d, q);
  if (v == FINE) v = decode_rows(d);
  for (int i = 0; i < d->count; i++) {
    tk_scratch_give(d->scans[i].tables);
    tk_scratch_give(d->scans[i].scan.ends);
  }
  tc_bl_paint_free(&d->painter);
  tk_scratch_give(d->clean);
  tk_scratch_give(d->blocks);
  tk_scratch_give(d->present);
  tk_scratch_give(d->last);
  tk_scratch_give(d);
  return v;
}

#else
typedef int tc_no_progressive_here;
#endif
