// The blocks of MCUs: one look-up gives up to two symbols with their magnitudes.
#include "jpeg_baseline.h"

void tc_bl_start(lane *l, const picture *p, const clean_scan *scan, const huffman_table dc[4], const huffman_table ac[4]) {
  memset(l, 0, sizeof *l);
  l->blocks = (uint32_t)p->blocks;
  for (int b = 0; b <= p->blocks; b++) {
    const int owner = p->owner[b % p->blocks];
    if (b < p->blocks) l->owner[b] = owner;
    l->plan[b] = (block_plan){dc + p->component[owner].dc, ac + p->component[owner].ac};
  }
  l->scan = scan;
  l->restart_interval = l->until_restart = (size_t)p->restart_interval;
  l->reader.next = scan->bytes;
  l->limit = scan->bytes + scan->ends[scan->segments - 1];
}

verdict tc_bl_end(const lane *l) { return bytes_used(&l->reader, l->scan) == l->scan->ends[l->segment] ? FINE : DAMAGED; }

verdict tc_bl_stop(const lane *l) { return bytes_used(&l->reader, l->scan) <= l->scan->ends[l->segment] ? FINE : DAMAGED; }

static verdict lane_part(lane *l, size_t most, size_t *mcus) {
  *mcus = most;
  if (!l->restart_interval) return FINE;
  if (l->until_restart == 0) {
    if (tc_bl_end(l) != FINE) return DAMAGED;
    l->reader = (reader){.next = l->scan->bytes + l->scan->ends[l->segment++]};
    l->until_restart = l->restart_interval;
    memset(l->last_dc, 0, sizeof l->last_dc);
  }
  if (*mcus > l->until_restart) *mcus = l->until_restart;
  l->until_restart -= *mcus;
  return FINE;
}

/// The symbol that `entry` of the table could not tell, in the code table's layout; where there is none, a run
/// over the block's end. By value: a reader whose address is taken does not stay in registers.
static __attribute__((noinline)) uint32_t by_hand(uint64_t bits, const huffman_table *t, uint32_t entry) {
  if (!(entry & NO_CODE)) return (entry & 0x1FFF3F) | ((entry & 63) - (entry >> 16 & 31)) << 24;
  const uint32_t found = tc_bl_search(t, bits);
  return found ? found : (END_OF_BLOCK | OVERRUN) << 8;
}

#define PUT(k, value) block[tc_bl_natural_order[k]] = (int16_t)(value)

// A step decodes one look-up's symbols and says whether the block is at its end: the last k; one with bit OVERRUN is
// damage.

ALWAYS_INLINE void put_by_hand(reader *r, const huffman_table *t, uint32_t entry, int16_t *block, uint32_t *k) {
  reader_refill(r);
  const uint32_t e = by_hand(r->bits, t, entry);
  *k = (e >> 8 & OVERRUN ? 0 : *k) + (e >> 8 & 255);
  PUT(*k, extended(r->bits << (e >> 16 & 31), e >> 24));
  reader_drop(r, e);
  reader_refill(r);
}

ALWAYS_INLINE int step_two(reader *r, const huffman_table *t, int16_t *block, uint32_t *k) {
  const uint64_t e = t->two[r->bits >> (64 - BITS_ONE)];
  if (UNLIKELY(e & (BY_HAND | NO_CODE))) {
    put_by_hand(r, t, (uint32_t)e, block, k);
    return *k >= 63;
  }
  const uint32_t first = *k + (e >> 8 & 255);
  PUT(first, e >> 32);
  // The block may be full before the second symbol, which then is the next block's.
  if (UNLIKELY(first == 63)) { reader_drop(r, e >> 24 & 63); *k = first; return 1; }
  *k += e >> 16 & 255;
  PUT(*k, e >> 48);
  reader_drop(r, (uint32_t)e);
  return *k >= 63;
}

_Static_assert(4 * BITS_ONE <= 56 && 27 + 2 * BITS_ONE <= 56, "a refill is 56 bits");

/// The AC coefficients of a block. Returns the last k.
ALWAYS_INLINE uint32_t read_ac(reader *r, const huffman_table *t, int16_t *block) {
  uint32_t k = 0;
  // The refill before the DC difference, of 27 bits at most, has enough for these two.
  if (step_two(r, t, block, &k) || step_two(r, t, block, &k)) return k;
  for (;;) {
    reader_refill(r);
    if (step_two(r, t, block, &k) || step_two(r, t, block, &k) || step_two(r, t, block, &k) || step_two(r, t, block, &k)) {
      return k;
    }
  }
}

ALWAYS_INLINE verdict read_part(lane *l, int16_t *block, uint8_t *last, size_t mcus) {
  reader r = l->reader;
  uint32_t bad = 0;
  for (size_t m = 0; m < mcus; m++) {
    for (uint32_t b = 0; b < l->blocks; b++, block += 64) {
      int32_t difference;
      reader_refill(&r);
      // A block cannot use more than the slack: what is wrong with the length comes out at the segment's end.
      if (UNLIKELY(r.next > l->limit + 8)) return DAMAGED;
      if (UNLIKELY(!read_dc(&r, l->plan[b].dc, &difference))) return DAMAGED;
      block[0] = (int16_t)(l->last_dc[l->owner[b]] += (uint32_t)difference);
      const uint32_t k = read_ac(&r, l->plan[b].ac, block);
      bad |= k;
      *last++ = k < END_OF_BLOCK ? 63 : (uint8_t)(k - END_OF_BLOCK);
    }
  }
  l->reader = r;
  return bad & OVERRUN ? DAMAGED : FINE;
}

verdict tc_bl_decode_mcus(lane *l, int16_t *blocks, uint8_t *last, size_t mcus) {
  while (mcus > 0) {
    size_t part;
    verdict v = lane_part(l, mcus, &part);
    if (v == FINE) v = read_part(l, blocks, last, part);
    if (v != FINE) return v;
    blocks += part * l->blocks * 64;
    last += part * l->blocks;
    mcus -= part;
  }
  return FINE;
}
