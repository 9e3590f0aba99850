// The library and the process as a whole.

#include "include/ctorch_runtime.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>
#include <malloc.h>

#include <climits>

#include "boundary.h"

#if CT_AT_LEAST(2, 9)
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace {

std::atomic<bool> keeps_memory{false};

/// Loads the CUDA kernels, which register themselves; once.
bool load_cuda() {
  static const bool loaded = [] {
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return false;
    return at::globalContext().hasCUDA();
  }();
  return loaded;
}

int32_t devices() {
  if (!load_cuda()) return 0;
  return static_cast<int32_t>(c10::impl::getDeviceGuardImpl(at::kCUDA)->deviceCount());
}

#if CT_AT_LEAST(2, 9)
c10::DeviceAllocator *allocator() {
  TORCH_CHECK(load_cuda(), "no CUDA");
  auto found = dynamic_cast<c10::DeviceAllocator *>(c10::GetAllocator(at::kCUDA));
  TORCH_CHECK(found, "the CUDA allocator keeps no counts");
  return found;
}
#endif

template <typename Result>
Result openblas(const char *name, Result absent) {
  auto symbol = reinterpret_cast<Result (*)()>(dlsym(RTLD_DEFAULT, name));
  return symbol ? symbol() : absent;
}

}  // namespace

extern "C" {

const char *ct_version(void) { return TORCH_VERSION; }

const char *ct_library_path(void) {
  Dl_info info;
  return dladdr(reinterpret_cast<const void *>(&at::show_config), &info) ? info.dli_fname : nullptr;
}

char *ct_build_info(void) {
  return ct::guarded(static_cast<char *>(nullptr), [] { return ct::text(at::show_config()); });
}

char *ct_parallel_info(void) {
  return ct::guarded(static_cast<char *>(nullptr), [] { return ct::text(at::get_parallel_info()); });
}

char *ct_cpu_capability(void) {
  return ct::guarded(static_cast<char *>(nullptr), [] {
    // 1.13 tells it in its configuration alone.
    const std::string info = at::show_config(), key = "CPU capability usage: ";
    auto start = info.find(key);
    if (start == std::string::npos) return ct::text("unknown");
    start += key.size();
    return ct::text(info.substr(start, info.find('\n', start) - start));
  });
}

int ct_set_threads(int32_t count) {
  return ct::status([&] { at::set_num_threads(count); });
}

int32_t ct_threads(void) {
  return ct::guarded(int32_t{1}, [] { return static_cast<int32_t>(at::get_num_threads()); });
}

int ct_manual_seed(uint64_t seed) {
  return ct::status([&] { at::manual_seed(seed); });
}

int ct_set_deterministic(bool enabled, bool warn_only) {
  return ct::status([&] { at::globalContext().setDeterministicAlgorithms(enabled, warn_only); });
}

bool ct_deterministic(void) { return at::globalContext().deterministicAlgorithms(); }

bool ct_has_cuda(void) { return ct_cuda_devices() > 0; }

int32_t ct_cuda_devices(void) { return ct::guarded(int32_t{0}, [] { return devices(); }); }

int ct_cuda_synchronize(int32_t device) {
  return ct::status([&] {
    TORCH_CHECK(load_cuda(), "no CUDA");
    auto guard = c10::impl::getDeviceGuardImpl(at::kCUDA);
#if CT_AT_LEAST(2, 6)
    guard->synchronizeDevice(static_cast<c10::DeviceIndex>(device));
#else
    // A copy to the processor waits for the device's stream.
    (void)guard;
    at::zeros({1}, at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device))).cpu();
#endif
  });
}

int ct_set_tf32(bool enabled) {
  return ct::status([&] {
    at::globalContext().setAllowTF32CuBLAS(enabled);
    at::globalContext().setAllowTF32CuDNN(enabled);
  });
}

int ct_cuda_memory(int32_t device, ct_memory *out) {
  return ct::status([&] {
#if CT_AT_LEAST(2, 9)
    auto stats = allocator()->getDeviceStats(static_cast<c10::DeviceIndex>(device));
    out->current_bytes = stats.allocated_bytes[0].current;
    out->peak_bytes = stats.allocated_bytes[0].peak;
    out->reserved_bytes = stats.reserved_bytes[0].current;
#else
    (void)device, (void)out;
    TORCH_CHECK(false, "libtorch ", TORCH_VERSION, " does not tell its CUDA memory");
#endif
  });
}

int ct_cuda_reset_peak(int32_t device) {
  return ct::status([&] {
#if CT_AT_LEAST(2, 9)
    allocator()->resetPeakStats(static_cast<c10::DeviceIndex>(device));
#else
    (void)device;
    TORCH_CHECK(false, "libtorch ", TORCH_VERSION, " does not tell its CUDA memory");
#endif
  });
}

bool ct_cpu_has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512cd");
#else
  return false;
#endif
}

const char *ct_openblas_config(void) { return openblas<const char *>("openblas_get_config", nullptr); }
const char *ct_openblas_core(void) { return openblas<const char *>("openblas_get_corename", nullptr); }
int ct_openblas_parallel(void) { return openblas<int>("openblas_get_parallel", -1); }

bool ct_keep_freed_memory(void) {
#if defined(__GLIBC__)
  // Big tensors are otherwise mapped anew, and page-faulted anew, at every step. glibc 2.34 and older take no more than
  // 32 MiB for the first.
  bool kept = mallopt(M_MMAP_THRESHOLD, 1 << 30) || mallopt(M_MMAP_THRESHOLD, 32 << 20);
  kept = mallopt(M_TRIM_THRESHOLD, INT_MAX) && kept;
  keeps_memory = mallopt(M_TOP_PAD, 64 << 20) && kept;
#endif
  return keeps_memory;
}

int64_t ct_heap_bytes(void) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  auto info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
#else
  return -1;
#endif
}

bool ct_keeps_freed_memory(void) { return keeps_memory; }

}  // extern "C"
