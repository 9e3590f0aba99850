/// libFuzzer as a library: the part of FuzzerInterface.h that is used.
#ifndef TESSERA_LIBFUZZER_H
#define TESSERA_LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer by its command line; ends the process with its exit status.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

/// Changes `size` bytes in place, to at most `max_size`; the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
