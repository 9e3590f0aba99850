#include "include/ctorch.h"

#include <ATen/ATen.h>

#if __has_include(<torch/version.h>)
#include <torch/version.h>
#elif __has_include(<torch/csrc/api/include/torch/version.h>)
#include <torch/csrc/api/include/torch/version.h>
#endif

extern "C" const char *ct_version(void) { return TORCH_VERSION; }
