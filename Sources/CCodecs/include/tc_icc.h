/// Colour profiles through lcms2.
#ifndef TESSERA_TC_ICC_H
#define TESSERA_TC_ICC_H

#include "tc_error.h"
#include "tc_rows.h"

/// Converts `height` rows from the space of `profile` to sRGB, perceptual intent, lcms2's default flags: what
/// Pillow's `ImageCms.profileToProfile(im, profile, sRGB, outputMode=…)` computes.
///
/// Sources and targets: `TC_GRAY` to `TC_RGB`, `TC_GRAYA` to `TC_RGBA`, `TC_RGB` to `TC_RGB`, `TC_RGBA` to
/// `TC_RGBA`, `TC_CMYK` to `TC_RGB`. Alpha is copied. A gray source with an RGB profile is read as RGB.
/// Where pixel sizes agree, `source` and `target` may be the same memory.
/// `TC_CORRUPT` if the profile cannot be read, `TC_UNSUPPORTED` if its space is not the picture's.
tc_status tc_icc_to_srgb(
    const uint8_t *profile, size_t count, tc_layout source_layout, const uint8_t *source,
    size_t source_stride, uint8_t *target, size_t target_stride, size_t width, size_t height,
    tc_error *error);

#endif
