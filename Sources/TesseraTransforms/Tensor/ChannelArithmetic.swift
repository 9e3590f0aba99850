import TesseraCore

/// What `Normalize` and `Denormalize` share: the walk over planes and the rounding of each type.
enum ChannelArithmetic {
  typealias Kernel = (UnsafePointer<Float>?, Int, Float, Float, UnsafeMutablePointer<Float>?) -> Void
  /// `(x, mean, deviation, rounded)`: `rounded` rounds an intermediate to the tensor's type.
  typealias Scalar = (Float, Float, Float, (Float) -> Float) -> Float

  /// Throws unless the picture is a float tensor with as many channels as the statistics.
  static func check(
    _ picture: PictureInfo, _ statistics: ChannelStatistics, operation: String
  ) throws -> PictureInfo {
    guard let tensor = picture.tensor else {
      throw TesseraError(.invalidInput(operation: operation, expected: "a tensor", got: "an image"))
    }
    try check(tensor.shape, tensor.dataType, statistics, operation)
    return picture
  }

  private static func check(
    _ shape: [Int], _ type: DataType, _ statistics: ChannelStatistics, _ operation: String
  ) throws {
    guard type.isFloatingPoint else {
      throw TesseraError(
        .invalidInput(
          operation: operation, expected: "a float tensor (to_tensor, or to_dtype(float32, scale: true))",
          got: type.rawValue))
    }
    let count = statistics.mean.count
    guard shape.count >= 3, count == 1 || count == shape[shape.count - 3] else {
      throw TesseraError(
        .invalidInput(
          operation: operation, expected: "a tensor [C, H, W] with \(count) channels", got: "shape \(shape)"))
    }
  }

  static func apply(
    to tensor: AnyTensor, _ statistics: ChannelStatistics, operation: String, kernel: Kernel,
    scalar: Scalar
  ) throws -> AnyTensor {
    try check(tensor.shape, tensor.dataType, statistics, operation)
    switch tensor {
    case .float32(let t):
      return .float32(
        t.byPlane { source, target, channel in
          let (mean, deviation) = statistics.float(channel)
          kernel(source.baseAddress, source.count, mean, deviation, target.baseAddress)
        })
    case .float16(let t):
      return .float16(
        t.byPlane { source, target, channel in
          let (mean, deviation) = statistics.float(channel) { Float(Float16($0)) }
          for i in 0..<source.count {
            target[i] = Float16(scalar(Float(source[i]), mean, deviation) { Float(Float16($0)) })
          }
        })
    case .bfloat16(let t):
      return .bfloat16(
        t.byPlane { source, target, channel in
          let (mean, deviation) = statistics.float(channel) { Float(BFloat16(Float($0))) }
          for i in 0..<source.count {
            target[i] = BFloat16(scalar(Float(source[i]), mean, deviation) { Float(BFloat16($0)) })
          }
        })
    case .uint8, .int64: preconditionFailure("checked above")
    }
  }
}

extension ChannelStatistics {
  /// Mean and deviation of a channel as floats, rounded once more to the tensor's type.
  func float(_ channel: Int, rounded: (Double) -> Float = { Float($0) }) -> (Float, Float) {
    let index = mean.count == 1 ? 0 : channel
    return (rounded(mean[index]), rounded(standardDeviation[index]))
  }
}

extension Tensor {
  /// A tensor of the same shape whose planes (`[.., C, H, W]`) `body(source, target, channel)` writes.
  @inline(__always)
  func byPlane(
    _ body: (UnsafeBufferPointer<Scalar>, UnsafeMutableBufferPointer<Scalar>, Int) -> Void
  ) -> Tensor {
    let (channels, plane) = (shape[shape.count - 3], shape.suffix(2).reduce(1, *))
    return withUnsafeBufferPointer { source in
      Tensor(shape: shape) { target in
        guard plane > 0 else { return }
        for p in 0..<(count / plane) {
          let range = p * plane..<(p + 1) * plane
          body(
            UnsafeBufferPointer(rebasing: source[range]),
            UnsafeMutableBufferPointer(rebasing: target[range]), p % channels)
        }
      }
    }
  }
}
