/// Progressive JPEGs without libjpeg. Every scan is a stream of bits of its own, so all of them are read side by side,
/// a row of MCUs at a time: the coefficients of a row stay in the second cache, and the picture's are never in memory.
///
/// Source: ITU-T T.81, Annex G.
#ifndef TESSERA_TC_JPEG_PROGRESSIVE_H
#define TESSERA_TC_JPEG_PROGRESSIVE_H

#include "jpeg_baseline.h"

/// A scan on its way down the picture.
typedef struct {
  scan_part part;
  clean_scan scan;
  /// Of each component for first DC bits, one for AC coefficients, none for further DC bits.
  huffman_table *tables;
  reader reader;
  const uint8_t *limit;
  size_t segment, until_restart, restart_interval;
  /// So many blocks more have nothing new in the band.
  uint32_t run;
  uint32_t last_dc[MOST_COMPONENTS];
  /// No sample depends on it: what it has is not looked at.
  int is_idle;
} progressive_scan;

void tc_pg_start(progressive_scan *s, size_t restart_interval);
/// Decodes a row of MCUs into `blocks`, MCU after MCU, which the scans before this have filled. Bit k of `present` tells
/// of a block's k-th coefficient that it is not 0, its first left out.
verdict tc_pg_decode_row(progressive_scan *s, const picture *p, int mcu_row, int16_t *blocks, uint64_t *present);
/// Whether the scan is used up to its last byte, or (not `is_whole`) no more was read than it has.
verdict tc_pg_end(const progressive_scan *s, int is_whole);

/// `tc_bl_decode` for a progressive file whose headers are read up to the first scan.
verdict tc_pg_decode(picture *p, const request *q);

#endif
