/// WebP (one frame) through libwebp.
#ifndef TESSERA_TC_WEBP_H
#define TESSERA_TC_WEBP_H

#include "tc_error.h"
#include "tc_rows.h"

/// Decodes one frame of `width`×`height` into rows of `stride` bytes.
///
/// `bytes` are a whole WebP file or the chunks of one frame (an optional ALPH, then `VP8 ` or `VP8L`).
/// `conversion.source` is `TC_RGBA`; all of its targets are possible.
/// `TC_TRUNCATED` counts nothing: libwebp does not tell how far it came.
tc_status tc_webp_decode(
    const uint8_t *bytes, size_t count, int32_t width, int32_t height,
    const tc_conversion *conversion, uint8_t *pixels, size_t stride, tc_error *error);

#endif
