#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <lcms2.h>
#include <png.h>
#include <webp/decode.h>
#include <zlib.h>

#include "tc_internal.h"

/// Numbers such as 10639 (base 100) or 2001005 (base 1000).
static tc_version split(uint32_t number, uint32_t base) {
  return (tc_version){
      (int32_t)(number / base / base), (int32_t)(number / base % base), (int32_t)(number % base)};
}

void tc_linked_versions(tc_versions *versions) {
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
  versions->jpeg = split(LIBJPEG_TURBO_VERSION_NUMBER, 1000);
#else
  versions->jpeg = (tc_version){JPEG_LIB_VERSION / 10, JPEG_LIB_VERSION % 10, -1};
#endif
  versions->png = split(png_access_version_number(), 100);
  versions->webp = split((uint32_t)WebPGetDecoderVersion(), 256);
  // 2140 is 2.14.
  const int lcms = cmsGetEncodedCMMversion();
  versions->lcms2 = (tc_version){lcms / 1000, lcms % 1000 / 10, -1};
  char *rest;
  const char *text = zlibVersion();
  long major = strtol(text, &rest, 10);
  long minor = *rest == '.' ? strtol(rest + 1, &rest, 10) : 0;
  long patch = *rest == '.' ? strtol(rest + 1, &rest, 10) : -1;
  versions->zlib = (tc_version){(int32_t)major, (int32_t)minor, (int32_t)patch};
}
