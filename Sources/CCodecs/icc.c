#include <string.h>

#include <lcms2.h>

#include "tc_internal.h"

typedef struct {
  cmsContext context;
  cmsHPROFILE from;
  cmsHPROFILE to;
  cmsHTRANSFORM transform;
  /// Gray pixels go through an RGB profile: each is widened first.
  int widens;
} converter;

static void close_converter(converter *c) {
  if (c->transform) cmsDeleteTransform(c->transform);
  if (c->from) cmsCloseProfile(c->from);
  if (c->to) cmsCloseProfile(c->to);
  if (c->context) cmsDeleteContext(c->context);
}

static int has_alpha(tc_layout layout) { return layout == TC_GRAYA || layout == TC_RGBA; }

static int is_gray(tc_layout layout) { return layout == TC_GRAY || layout == TC_GRAYA; }

/// lcms2's name of the source's pixels, 0 if the profile is for another kind of picture.
static cmsUInt32Number input_type(converter *c, tc_layout layout) {
  const cmsUInt32Number extra = has_alpha(layout) ? EXTRA_SH(1) : 0;
  switch (cmsGetColorSpace(c->from)) {
    case cmsSigGrayData: return is_gray(layout) ? TYPE_GRAY_8 | extra : 0;
    case cmsSigRgbData:
      if (layout == TC_CMYK) return 0;
      c->widens = is_gray(layout);
      return TYPE_RGB_8 | extra;
    case cmsSigCmykData: return layout == TC_CMYK ? TYPE_CMYK_8 : 0;
    default: return 0;
  }
}

static tc_status open_converter(
    converter *c, const uint8_t *profile, size_t count, tc_layout layout, tc_error *error) {
  c->context = cmsCreateContext(NULL, NULL);
  if (!c->context) return tc_fail(error, TC_NO_MEMORY, 0, 0, NULL);
  c->from = cmsOpenProfileFromMemTHR(c->context, profile, (cmsUInt32Number)count);
  if (!c->from) return tc_fail(error, TC_CORRUPT, 0, 0, "lcms2 cannot read the profile");
  c->to = cmsCreate_sRGBProfileTHR(c->context);
  if (!c->to) return tc_fail(error, TC_NO_MEMORY, 0, 0, NULL);
  cmsUInt32Number input = input_type(c, layout);
  if (!input) {
    return tc_fail(
        error, TC_UNSUPPORTED, 0, 0, "a profile for another colour space than the picture's");
  }
  const cmsUInt32Number output = TYPE_RGB_8 | (has_alpha(layout) ? EXTRA_SH(1) : 0);
  c->transform = cmsCreateTransformTHR(
      c->context, c->from, input, c->to, output, INTENT_PERCEPTUAL,
      has_alpha(layout) ? cmsFLAGS_COPY_ALPHA : 0);
  if (!c->transform) {
    return tc_fail(error, TC_CORRUPT, 0, 0, "lcms2 cannot make a transform from the profile");
  }
  return TC_OK;
}

tc_status tc_icc_to_srgb(
    const uint8_t *profile, size_t count, tc_layout source_layout, const uint8_t *source,
    size_t source_stride, uint8_t *target, size_t target_stride, size_t width, size_t height,
    tc_error *error) {
  converter c = {0};
  uint8_t *row = NULL;
  tc_status status = count > UINT32_MAX
      ? tc_fail(error, TC_CORRUPT, 0, 0, "a profile of over 4 GiB")
      : open_converter(&c, profile, count, source_layout, error);
  const tc_conversion widening = {
      .source = source_layout, .target = has_alpha(source_layout) ? TC_RGBA : TC_RGB,
      .alpha = has_alpha(source_layout) ? TC_ALPHA_KEEP : TC_ALPHA_DROP};
  if (status == TC_OK && c.widens) {
    row = tk_scratch_take(width * 4);
    if (!row) status = tc_fail(error, TC_NO_MEMORY, (int64_t)width * 4, 0, NULL);
  }
  if (status == TC_OK) {
    for (size_t y = 0; y < height; y++) {
      const uint8_t *from = source + y * source_stride;
      if (row) {
        tc_convert_row(&widening, from, row, width);
        from = row;
      }
      cmsDoTransform(c.transform, from, target + y * target_stride, (cmsUInt32Number)width);
    }
  }
  tk_scratch_give(row);
  close_converter(&c);
  return status;
}
