// A row of a progressive scan: first bits and further bits, of DC and of AC coefficients.
#include "jpeg_progressive.h"

/// The blocks that a scan goes through in a row, unit after unit: an MCU's, or of one component alone block by block.
typedef struct {
  int16_t *blocks;
  uint64_t *present;
  /// Block `i` of unit `u` is (u >> shift) * step + place[i] + (u & mask).
  size_t shift, mask, step;
  int many, place[MOST_BLOCKS], table[MOST_BLOCKS];
} line;

ALWAYS_INLINE size_t index_of(const line *l, size_t unit, int i) {
  return (unit >> l->shift) * l->step + (size_t)l->place[i] + (unit & l->mask);
}

void tc_pg_start(progressive_scan *s, size_t restart_interval) {
  s->restart_interval = s->until_restart = restart_interval;
  s->reader = (reader){.next = s->scan.bytes};
  s->limit = s->scan.bytes + s->scan.ends[s->scan.segments - 1];
  s->segment = s->run = 0;
  memset(s->last_dc, 0, sizeof s->last_dc);
}

verdict tc_pg_end(const progressive_scan *s, int is_whole) {
  const size_t used = bytes_used(&s->reader, &s->scan), end = s->scan.ends[s->segment];
  if (!is_whole) return used <= end ? FINE : DAMAGED;
  return used == end && s->run == 0 ? FINE : DAMAGED;
}

/// How many of `most` units are before the next restart marker; goes over one that is at hand.
static verdict units_before_restart(progressive_scan *s, size_t most, size_t *units) {
  *units = most;
  if (!s->restart_interval) return FINE;
  if (s->until_restart == 0) {
    if (tc_pg_end(s, 1) != FINE) return DAMAGED;
    s->reader = (reader){.next = s->scan.bytes + s->scan.ends[s->segment++]};
    s->until_restart = s->restart_interval;
    memset(s->last_dc, 0, sizeof s->last_dc);
  }
  if (*units > s->until_restart) *units = s->until_restart;
  s->until_restart -= *units;
  return FINE;
}

// MARK: DC

static verdict dc_first(progressive_scan *s, const line *l, size_t from, size_t to) {
  reader r = s->reader;
  uint32_t strange = 0;
  for (size_t u = from; u < to; u++) {
    // A unit cannot use more than the slack: what is wrong with the length comes out at the segment's end.
    if (UNLIKELY(r.next > s->limit + 8)) return DAMAGED;
    for (int i = 0; i < l->many; i++) {
      int32_t difference;
      reader_refill(&r);
      if (UNLIKELY(!read_dc(&r, s->tables + l->table[i], &difference))) return DAMAGED;
      const uint32_t value = s->last_dc[l->table[i]] += (uint32_t)difference;
      l->blocks[index_of(l, u, i) * 64] = (int16_t)(value << s->part.low);
      strange |= value + 0x8000;
    }
  }
  s->reader = r;
  // libjpeg gives up on sums that do not fit.
  return strange >> 16 ? DAMAGED : FINE;
}

static verdict dc_refined(progressive_scan *s, const line *l, size_t from, size_t to) {
  reader r = s->reader;
  for (size_t u = from; u < to; u++) {
    if (UNLIKELY(r.next > s->limit + 8)) return DAMAGED;
    reader_refill(&r);
    for (int i = 0; i < l->many; i++) {
      l->blocks[index_of(l, u, i) * 64] |= (int16_t)((r.bits >> 63) << s->part.low);
      reader_drop(&r, 1);
    }
  }
  s->reader = r;
  return FINE;
}

// MARK: AC

/// The symbol that `entry` of the table could not tell, in the combined table's layout; where there is none, a run over
/// the block's end. By value: a reader whose address is taken does not stay in registers.
static __attribute__((noinline)) uint32_t by_hand(uint64_t bits, const huffman_table *t, uint32_t entry) {
  if (entry & NO_CODE) entry = tc_bl_search(t, bits);
  if (!entry) return (END_OF_BLOCK | OVERRUN) << 8;
  const uint32_t length = entry >> 16 & 31, size = (entry & 63) - length;
  uint32_t value = (uint32_t)extended(bits << length, size);
  if ((entry >> 8 & 255) == END_OF_BLOCK) value = (1u << size) + (uint32_t)((bits << length >> 1) >> (63 - size));
  return (entry & 0xFF3F) | value << 16;
}

/// The next symbol with its magnitude: of up to 30 bits, which must be there.
ALWAYS_INLINE uint32_t next_symbol(reader *r, const huffman_table *t) {
  uint32_t e = t->one[r->bits >> (64 - BITS_ONE)];
  if (UNLIKELY(e & (BY_HAND | NO_CODE))) e = by_hand(r->bits, t, e);
  reader_drop(r, e);
  return e;
}

/// A block's band, and what is not 0 in it. False where it is damaged.
ALWAYS_INLINE int first_of_block(
    reader *r, const huffman_table *t, const scan_part *part, int16_t *block, uint64_t *present, uint32_t *run) {
  uint32_t k = (uint32_t)part->from - 1;
  do {
    reader_refill(r);
    const uint32_t e = next_symbol(r, t), way = e >> 8 & 255;
    if (way >= END_OF_BLOCK) {
      *run = (e >> 16) - 1;
      return way == END_OF_BLOCK;
    }
    k += way;
    if (UNLIKELY(k > (uint32_t)part->to)) return 0;
    const int32_t value = (int16_t)(e >> 16);
    block[tc_bl_natural_order[k]] = (int16_t)(value * (1 << part->low));
    *present |= (uint64_t)(value != 0) << k;
  } while (k < (uint32_t)part->to);
  return 1;
}

static verdict ac_first(progressive_scan *s, const line *l, size_t from, size_t to) {
  reader r = s->reader;
  const scan_part part = s->part;
  uint32_t run = s->run;
  for (size_t u = from; u < to; u++) {
    if (run > 0) {
      const size_t skipped = run < to - u ? run : to - u;
      run -= (uint32_t)skipped;
      u += skipped - 1;
      continue;
    }
    if (UNLIKELY(r.next > s->limit + 8)) return DAMAGED;
    const size_t i = index_of(l, u, 0);
    if (UNLIKELY(!first_of_block(&r, s->tables, &part, l->blocks + 64 * i, l->present + i, &run))) return DAMAGED;
  }
  s->reader = r;
  s->run = run;
  return FINE;
}

/// A bit more of the coefficients in `which`: 1 makes them greater, away from 0.
ALWAYS_INLINE void correct(reader *r, int16_t *block, uint64_t which, int low) {
  while (which) {
    // What a refill has besides a symbol.
    uint32_t count = 26;
    do {
      int16_t *c = block + tc_bl_natural_order[__builtin_ctzll(which)];
      const int32_t one = (*c >> 15 | 1) * (1 << low);
      *c = (int16_t)(*c + (one & -(int32_t)(r->bits >> 63)));
      reader_drop(r, 1);
      which &= which - 1;
    } while (which && --count);
    if (UNLIKELY(which)) reader_refill(r);
  }
}

/// Further bits of a block's band: of coefficients that are not 0, and those that are not 0 from here on.
ALWAYS_INLINE int more_of_block(
    reader *r, const huffman_table *t, uint64_t band, int low, int16_t *block, uint64_t *present, uint32_t *run) {
  const uint64_t old = *present;
  uint64_t left = band;
  while (*run == 0 && left) {
    reader_refill(r);
    const uint32_t e = next_symbol(r, t), way = e >> 8 & 255;
    if (way >= END_OF_BLOCK) {
      if (UNLIKELY(way != END_OF_BLOCK)) return 0;
      *run = e >> 16;
      break;
    }
    // The way-th zero; without a branch where it is near, as it nearly always is.
    uint64_t zeros = left & ~old;
    const uint64_t second = zeros & (zeros - 1), third = second & (second - 1), fourth = third & (third - 1);
    zeros = way > 1 ? second : zeros;
    zeros = way > 2 ? third : zeros;
    zeros = way > 3 ? fourth : zeros;
    for (uint32_t i = 4; i < way; i++) zeros &= zeros - 1;
    if (UNLIKELY(!zeros)) return 0;
    const uint64_t here = zeros & -zeros;
    correct(r, block, left & old & (here - 1), low);
    const int32_t value = (int16_t)(e >> 16);
    block[tc_bl_natural_order[__builtin_ctzll(here)]] = (int16_t)(value * (1 << low));
    *present |= here & -(uint64_t)(value != 0);
    left &= -here << 1;
  }
  if (*run > 0) {
    reader_refill(r);
    correct(r, block, left & old, low);
    --*run;
  }
  return 1;
}

static verdict ac_refined(progressive_scan *s, const line *l, size_t from, size_t to) {
  reader r = s->reader;
  const int low = s->part.low;
  const uint64_t band = (~(uint64_t)0 >> (63 - s->part.to)) & (~(uint64_t)0 << s->part.from);
  uint32_t run = s->run;
  for (size_t u = from; u < to; u++) {
    if (UNLIKELY(r.next > s->limit + 8)) return DAMAGED;
    const size_t i = index_of(l, u, 0);
    if (UNLIKELY(!more_of_block(&r, s->tables, band, low, l->blocks + 64 * i, l->present + i, &run))) return DAMAGED;
  }
  s->reader = r;
  s->run = run;
  return FINE;
}

// MARK: rows

static verdict decode_line(progressive_scan *s, const line *l, size_t units) {
  for (size_t from = 0; from < units;) {
    size_t many;
    verdict v = units_before_restart(s, units - from, &many);
    if (v != FINE) return v;
    const size_t to = from + many;
    if (s->part.from == 0) {
      v = s->part.high ? dc_refined(s, l, from, to) : dc_first(s, l, from, to);
    } else {
      v = s->part.high ? ac_refined(s, l, from, to) : ac_first(s, l, from, to);
    }
    if (v != FINE) return v;
    from = to;
  }
  return FINE;
}

/// The first block of a component in an MCU.
static int first_block(const picture *p, int c) {
  int b = 0;
  while (p->owner[b] != c) b++;
  return b;
}

/// Components side by side: all blocks of an MCU.
static verdict decode_mcus(progressive_scan *s, const picture *p, line *l) {
  for (int i = 0; i < s->part.components; i++) {
    const component *k = &p->component[s->part.owner[i]];
    const int first = first_block(p, s->part.owner[i]);
    for (int b = 0; b < k->h * k->v; b++, l->many++) l->place[l->many] = first + b, l->table[l->many] = i;
  }
  return decode_line(s, l, (size_t)p->mcus_wide);
}

/// A component alone: rows of blocks, as far as the picture goes.
static verdict decode_blocks(progressive_scan *s, const picture *p, int mcu_row, line *l) {
  const component *k = &p->component[s->part.owner[0]];
  const int wide = over(p->width * k->h, p->h_most * 8), high = over(p->height * k->v, p->v_most * 8);
  const int first = first_block(p, s->part.owner[0]);
  l->many = 1;
  // 1, 2 or 4 side by side.
  l->shift = (size_t)k->h / 2;
  l->mask = (size_t)k->h - 1;
  for (int y = 0; y < k->v && mcu_row * k->v + y < high; y++) {
    l->place[0] = first + y * k->h;
    const verdict v = decode_line(s, l, (size_t)wide);
    if (v != FINE) return v;
  }
  return FINE;
}

verdict tc_pg_decode_row(progressive_scan *s, const picture *p, int mcu_row, int16_t *blocks, uint64_t *present) {
  line l = {.blocks = blocks, .present = present, .step = (size_t)p->blocks};
  return s->part.components > 1 ? decode_mcus(s, p, &l) : decode_blocks(s, p, mcu_row, &l);
}
