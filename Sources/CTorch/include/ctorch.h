#ifndef CTORCH_H
#define CTORCH_H

// libtorch behind a C face: opaque handles, status codes, one exception boundary.

#ifdef __cplusplus
extern "C" {
#endif

/// The release of the libtorch that this was compiled against ("1.13.1").
const char *ct_version(void);

#ifdef __cplusplus
}
#endif
#endif
