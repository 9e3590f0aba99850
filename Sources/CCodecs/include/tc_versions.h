/// The versions of the libraries behind this target.
#ifndef TESSERA_TC_VERSIONS_H
#define TESSERA_TC_VERSIONS_H

#include <stdint.h>

/// `patch` is −1 where a library counts only two.
typedef struct tc_version {
  int32_t major;
  int32_t minor;
  int32_t patch;
} tc_version;

typedef struct tc_versions {
  /// libjpeg-turbo as compiled against; the others as loaded.
  tc_version jpeg;
  tc_version png;
  tc_version webp;
  tc_version lcms2;
  tc_version zlib;
} tc_versions;

void tc_linked_versions(tc_versions *versions);

#endif
