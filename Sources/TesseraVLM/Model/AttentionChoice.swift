/// Which of libtorch's ways to attention is taken.
enum AttentionChoice {
  /// The processor has a kernel for attention since libtorch 2.1. Before, and in float64, where exactness counts, the
  /// products are written out.
  static func kind(of x: TorchTensor) -> TorchTensor.Attention {
    x.type != .float64 && hasKernel ? .fused : .composed
  }

  private static let hasKernel: Bool = {
    let parts = TorchRuntime.version.split(separator: ".").prefix(2).compactMap { Int($0) }
    return parts.count == 2 && (parts[0], parts[1]) >= (2, 1)
  }()
}
