/// The codecs' C face: bytes in, pixels into the caller's buffer, a status code out.
/// Nothing here longjmps or aborts across its boundary.
#ifndef TESSERA_CCODECS_H
#define TESSERA_CCODECS_H
#endif
