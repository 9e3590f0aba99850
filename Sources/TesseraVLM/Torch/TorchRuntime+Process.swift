internal import CTorch
private import Foundation

extension TorchRuntime {
  /// Readies this process for libtorch: call it first thing in `main`, before any other thread exists.
  ///
  /// * OpenBLAS (Debian's libtorch uses it) chooses its kernels when it is loaded, and takes new processors for older
  ///   ones. Where the processor has AVX-512 and OpenBLAS chose narrower kernels, `OPENBLAS_CORETYPE=SkylakeX` is set
  ///   and the program executes itself anew, once; a value that the user has set is left alone. (Measured on Zen 5:
  ///   a float32 training step takes two thirds of the time.)
  /// * Freed memory stays in the heap: big tensors are otherwise page-faulted anew at every step (8–15 %).
  /// * libtorch gets a thread a core, or as many as `OMP_NUM_THREADS` says.
  public static func prepare() {
    if let core = betterCore() { executeAnew(core) }
    _ = ct_keep_freed_memory()
    threads = chosenThreads()
  }

  /// The marker by which an executed-anew process knows itself.
  package static let marker = "TESSERA_OPENBLAS_SET"

  /// `SkylakeX` where OpenBLAS would gain by it, no user has chosen, and it has not been tried yet.
  package static func betterCore(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    chosen: String? = ct_openblas_core().map { String(cString: $0) }, hasAVX512: Bool = ct_cpu_has_avx512()
  ) -> String? {
    guard environment["OPENBLAS_CORETYPE"] == nil, environment[marker] == nil, hasAVX512, let chosen else {
      return nil
    }
    // The kernels for AVX-512 that OpenBLAS has: https://github.com/OpenMathLib/OpenBLAS, cpuid_x86.c.
    let wide = ["skylakex", "cooperlake", "sapphirerapids"]
    return wide.contains(chosen.lowercased()) ? nil : "SkylakeX"
  }

  /// Replaces the process by the same program with the same arguments. Returns only if the system refuses.
  static func executeAnew(_ core: String) {
    setenv("OPENBLAS_CORETYPE", core, 1)
    setenv(marker, "1", 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
    // Not fatal: the program runs with the kernels that it has.
    unsetenv("OPENBLAS_CORETYPE")
  }

  /// `OMP_NUM_THREADS` (its first level), else the cores that this process may use.
  package static func chosenThreads(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    cores: Int = ProcessInfo.processInfo.activeProcessorCount
  ) -> Int {
    let wanted = environment["OMP_NUM_THREADS"]?.split(separator: ",").first.flatMap { Int($0) }
    return wanted.flatMap { $0 > 0 ? $0 : nil } ?? max(1, cores)
  }

  /// What the process runs on, as `name: value` for `tessera-vlm info`.
  public static var report: [(name: String, value: String)] {
    var lines = [
      ("libtorch", loadedLibrary.map { "\(version) (\($0))" } ?? version),
      ("BLAS", blas), ("CPU kernels", cpuCapability), ("threads", "\(threads)"),
      ("freed memory", keepsFreedMemory ? "kept in the heap" : "given back to the system"),
      (
        "OPENBLAS_CORETYPE",
        ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"].map {
          ProcessInfo.processInfo.environment[marker] == nil
            ? "\($0) (set by you)" : "\($0) (set by this program)"
        } ?? "not set"
      ),
    ]
    let devices = cudaDevices
    lines.append(("CUDA", devices == 0 ? "none" : "\(devices) device\(devices == 1 ? "" : "s")"))
    return lines.map { (name: $0.0, value: $0.1) }
  }

  /// The products' library: OpenBLAS with its kernels, or what libtorch was built with.
  static var blas: String {
    if let config = ct_openblas_config(), let core = ct_openblas_core() {
      let kind = ["one thread", "threads of its own: install libopenblas0-openmp", "OpenMP"]
      let parallel = Int(ct_openblas_parallel())
      let threading = kind.indices.contains(parallel) ? kind[parallel] : "threads unknown"
      let name = String(cString: config).split(separator: " ").prefix(2).joined(separator: " ")
      return "\(name), \(String(cString: core)) kernels, \(threading)"
    }
    let wanted = ["Math Kernel Library", "MKL-DNN", "oneAPI"]
    let line = buildInfo.split(separator: "\n").first { line in wanted.contains { line.contains($0) } }
    return line.map { $0.drop { " -".contains($0) }.description } ?? "unknown"
  }

  /// The file of the libtorch that is loaded.
  static var loadedLibrary: String? {
    ct_library_path().map { String(cString: $0) }
  }
}
