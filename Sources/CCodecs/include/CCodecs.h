/// The codecs' C face: bytes in, pixels into the caller's buffer, a status code out.
///
/// The contract of every function here:
/// * Nothing longjmps, aborts, prints or keeps state across its boundary; there are no globals. libpng's and
///   libjpeg's jumps are caught in the function that set them up.
/// * The caller owns every buffer that it passes; inputs are read inside the call only. The one thing that these
///   functions allocate for a caller is a `tc_buffer`'s bytes, given back with `tc_buffer_free`.
/// * A return of `TC_OK` means that every byte of the output is written. Any other value comes with a filled
///   `tc_error`; the output's bytes are then unspecified.
/// * Input bytes are not trusted: any bytes give a status, never a read or write outside of the buffers.
#ifndef TESSERA_CCODECS_H
#define TESSERA_CCODECS_H

#include "tc_bmp.h"
#include "tc_error.h"
#include "tc_icc.h"
#include "tc_jpeg.h"
#include "tc_jpeg_transcode.h"
#include "tc_loops.h"
#include "tc_png.h"
#include "tc_pnm.h"
#include "tc_rows.h"
#include "tc_versions.h"
#include "tc_webp.h"
#include "tc_zlib.h"

#endif
