/// PBM, PGM and PPM, plain and raw, as Pillow reads them.
#ifndef TESSERA_TC_PNM_H
#define TESSERA_TC_PNM_H

#include "tc_error.h"
#include "tc_rows.h"

typedef struct tc_pnm_picture {
  int32_t width;
  int32_t height;
  /// The digit of the magic number: 1...6.
  int32_t kind;
  /// 1...65535; 1 for PBM.
  int32_t maxval;
  /// Offset of the first sample.
  int64_t offset;
} tc_pnm_picture;

/// The layout in which a picture's rows reach the conversion: `TC_GRAY`, `TC_RGB`, or `TC_GRAY16` for gray
/// pictures with a maxval over 255.
tc_layout tc_pnm_source_layout(const tc_pnm_picture *picture);

/// Decodes the picture into rows of `stride` bytes. Samples are scaled from 0...maxval to the layout's range and
/// rounded half to even (in double precision). A raw sample over maxval is cut off, a plain one `TC_CORRUPT`.
/// `TC_TRUNCATED` counts rows; with `fill` not 0 missing rows are 0, but only where Pillow reads rows as they are:
/// raw, with a maxval of 255 (gray also 65535) or PBM.
tc_status tc_pnm_decode(
    const uint8_t *bytes, size_t count, const tc_pnm_picture *picture,
    const tc_conversion *conversion, int32_t fill, uint8_t *pixels, size_t stride, tc_error *error);

#endif
