#pragma once

// The one place where C++ exceptions end, and where tensors become handles.

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <atomic>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#if __has_include(<torch/version.h>)
#include <torch/version.h>
#else
#include <torch/csrc/api/include/torch/version.h>
#endif

#include "include/ctorch.h"

/// libtorch 2.4 made one autocast interface for all devices.
#define CT_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

struct ct_tensor_s {
  at::Tensor value;
};

namespace ct {

extern std::atomic<int64_t> live;
void remember(const char *message);

/// Runs `body`; an exception becomes the thread's message and the value `failed`.
template <typename Body, typename Result>
Result guarded(Result failed, Body &&body) noexcept {
  try {
    return body();
  } catch (const c10::Error &error) {
    remember(error.what_without_backtrace());
  } catch (const std::exception &error) {
    remember(error.what());
  } catch (...) {
    remember("libtorch threw something that is no std::exception");
  }
  return failed;
}

/// Makes a handle; the caller owns it.
inline ct_tensor own(at::Tensor &&value) {
  auto handle = new ct_tensor_s{std::move(value)};
  live.fetch_add(1, std::memory_order_relaxed);
  return handle;
}

/// Runs a body that makes a tensor: a handle, or NULL.
template <typename Body>
ct_tensor tensor(Body &&body) noexcept {
  return guarded(static_cast<ct_tensor>(nullptr), [&] { return own(body()); });
}

/// Runs a body that makes nothing: 0, or 1.
template <typename Body>
int status(Body &&body) noexcept {
  return guarded(1, [&] {
    body();
    return 0;
  });
}

inline at::IntArrayRef ints(const int64_t *values, size_t count) { return at::IntArrayRef(values, count); }
inline at::Scalar scalar(ct_scalar value) {
  return value.is_integer ? at::Scalar(value.integer) : at::Scalar(value.real);
}
inline at::ScalarType type(int32_t dtype) { return static_cast<at::ScalarType>(dtype); }
inline c10::optional<at::ScalarType> optional_type(int32_t dtype) {
  return dtype < 0 ? c10::optional<at::ScalarType>() : c10::optional<at::ScalarType>(type(dtype));
}
inline at::Device device(ct_device device) {
  return at::Device(static_cast<at::DeviceType>(device.type), static_cast<c10::DeviceIndex>(device.index));
}
inline at::TensorOptions options(int32_t dtype, ct_device where) {
  return at::TensorOptions().dtype(type(dtype)).device(device(where));
}
inline at::Tensor optional(ct_tensor handle) { return handle ? handle->value : at::Tensor(); }
inline std::vector<at::Tensor> list(const ct_tensor *handles, size_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (size_t i = 0; i < count; i++) tensors.push_back(optional(handles[i]));
  return tensors;
}
/// A C string of the caller's.
char *text(const std::string &value);

}  // namespace ct
