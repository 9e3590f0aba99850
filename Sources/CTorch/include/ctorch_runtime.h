#ifndef CTORCH_RUNTIME_H
#define CTORCH_RUNTIME_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The release of the libtorch that this was compiled against ("1.13.1").
const char *ct_version(void);
/// The file of the libtorch that is loaded; NULL if the loader does not say.
const char *ct_library_path(void);
/// How libtorch was built (compiler, BLAS, flags); free() it.
char *ct_build_info(void);
/// The threads, OpenMP and BLAS of libtorch; free() it.
char *ct_parallel_info(void);
/// The instruction set that libtorch's kernels chose ("AVX512"); free() it.
char *ct_cpu_capability(void);

int ct_set_threads(int32_t count);
int32_t ct_threads(void);
int ct_manual_seed(uint64_t seed);
int ct_set_deterministic(bool enabled, bool warn_only);
bool ct_deterministic(void);

/// Whether CUDA kernels are there and a device too. Loads libtorch_cuda at the first call.
bool ct_has_cuda(void);
int32_t ct_cuda_devices(void);
int ct_cuda_synchronize(int32_t device);
/// Lets matrix products of float32 use TF32 on CUDA.
int ct_set_tf32(bool enabled);

typedef struct {
  int64_t current_bytes, peak_bytes, reserved_bytes;
} ct_memory;
/// The caching allocator's counts for a CUDA device; a failure where the library does not tell.
int ct_cuda_memory(int32_t device, ct_memory *out);
int ct_cuda_reset_peak(int32_t device);

// The process

/// Whether the processor and the system have the AVX-512 that OpenBLAS's SkylakeX kernels use.
bool ct_cpu_has_avx512(void);
/// The OpenBLAS in the process: its configuration and the kernels that it chose; NULL where there is none.
const char *ct_openblas_config(void);
const char *ct_openblas_core(void);
/// 0: one thread, 1: its own threads, 2: OpenMP, −1: no OpenBLAS.
int ct_openblas_parallel(void);
/// Keeps big blocks in the heap instead of giving them back to the system; true if the C library took all of it.
bool ct_keep_freed_memory(void);
/// Bytes of the C library's heap that are in use, libtorch's tensors among them; −1 where it does not tell.
int64_t ct_heap_bytes(void);
/// Whether `ct_keep_freed_memory` has succeeded.
bool ct_keeps_freed_memory(void);

#ifdef __cplusplus
}
#endif
#endif
