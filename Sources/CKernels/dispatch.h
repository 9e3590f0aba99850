// One scalar loop, compiled for several instruction sets; the loader picks one when the program starts.
// Only IEEE operations in source order are vectorised, so every clone computes the same bits.
#ifndef TESSERA_CKERNELS_DISPATCH_H
#define TESSERA_CKERNELS_DISPATCH_H

#if defined(__x86_64__) && defined(__ELF__)
#define TK_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TK_CLONES
#endif

#endif
