internal import CTorch
private import Foundation

/// libtorch and this process as a whole.
public enum TorchRuntime {
  /// The release of libtorch that was compiled against, such as `1.13.1`.
  public static var version: String { String(cString: ct_version()) }
  /// How libtorch was built: compiler, BLAS, flags.
  public static var buildInfo: String { owned(ct_build_info()) }
  /// The instruction set that libtorch's own kernels chose, such as `AVX512`.
  public static var cpuCapability: String { owned(ct_cpu_capability()) }
  /// libtorch's account of OpenMP, BLAS and threads.
  public static var parallelInfo: String { owned(ct_parallel_info()) }

  /// Threads that one operator uses.
  public static var threads: Int {
    get { Int(ct_threads()) }
    set {
      precondition(newValue > 0, "\(newValue) threads")
      TorchTensor.check(ct_set_threads(Int32(clamping: newValue)), "threads")
    }
  }

  /// Seeds the default generators of all devices.
  public static func seed(_ seed: UInt64) { TorchTensor.check(ct_manual_seed(seed)) }

  /// Whether operators whose result changes from run to run trap, or take a slower way where they have one.
  public static var isDeterministic: Bool {
    get { ct_deterministic() }
    set { TorchTensor.check(ct_set_deterministic(newValue, false)) }
  }

  /// Whether CUDA's kernels and a device are there. The first question loads them.
  public static var hasCUDA: Bool { ct_has_cuda() }
  /// CUDA devices.
  public static var cudaDevices: Int { Int(ct_cuda_devices()) }
  /// Waits for a device's work; the processor has none waiting.
  public static func synchronize(_ device: TorchDevice) {
    if case .cuda(let index) = device { TorchTensor.check(ct_cuda_synchronize(Int32(index))) }
  }
  /// Lets float32 products on CUDA round their factors to TF32: faster, and about 3 digits less.
  public static func allowTF32(_ allowed: Bool) { TorchTensor.check(ct_set_tf32(allowed)) }

  /// What a CUDA device's allocator has given out.
  public struct Memory: Sendable, Equatable {
    /// In use now.
    public var currentBytes: Int
    /// In use at most since the last reset.
    public var peakBytes: Int
    /// Taken from the driver, in use or not.
    public var reservedBytes: Int
  }

  /// A CUDA device's memory; nil for the processor and where this libtorch does not tell (before 2.9).
  public static func memory(_ device: TorchDevice) -> Memory? {
    guard case .cuda(let index) = device else { return nil }
    var memory = ct_memory()
    guard ct_cuda_memory(Int32(index), &memory) == 0 else { return nil }
    return Memory(
      currentBytes: Int(memory.current_bytes), peakBytes: Int(memory.peak_bytes),
      reservedBytes: Int(memory.reserved_bytes))
  }

  /// Bytes of this process's heap that are in use, tensors on the processor among them; nil where the C library does
  /// not tell.
  public static var heapBytes: Int? {
    let bytes = ct_heap_bytes()
    return bytes < 0 ? nil : Int(bytes)
  }

  /// Begins a new peak of a CUDA device's memory; false where this libtorch cannot.
  @discardableResult
  public static func resetPeakMemory(_ device: TorchDevice) -> Bool {
    guard case .cuda(let index) = device else { return false }
    return ct_cuda_reset_peak(Int32(index)) == 0
  }

  /// Whether `prepare` told the C library to keep freed memory.
  static var keepsFreedMemory: Bool { ct_keeps_freed_memory() }

  private static func owned(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text else { return TorchFailure.lastMessage }
    defer { free(text) }
    return String(cString: text)
  }
}
