public import TesseraCore

/// Converts a tensor's element type, with torchvision's rules (`v2.ToDtype`).
///
/// With `scale`, integers of full range and floats of 0...1 stand for each other: byte to float multiplies by
/// 1/255 (so the result may differ in the last bit from `ToTensor`, which divides); float to byte multiplies by
/// 255.999 and truncates; byte to int64 shifts left by 55, back right by 55. Float to int64 cannot be scaled
/// exactly and is an error. Without `scale` values are cast: floats truncate towards zero, and to bytes wrap.
///
/// - Shape: any, unchanged.
public struct ToDType: PointwiseTensorOperation {
  public var dataType: DataType
  public var scale: Bool

  public init(_ dataType: DataType = .float32, scale: Bool = false) {
    self.dataType = dataType
    self.scale = scale
  }

  public static let schema = TransformSchema(
    "to_dtype", .tensor, "Converts a tensor's element type, with or without scaling its range.",
    prototype: ToDType(),
    .optional("dtype", \.dataType, label: "", "the type wanted"),
    .optional("scale", \.scale, "map the integer's range to 0...1 and back"))

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    guard let tensor = picture.tensor else {
      throw TesseraError(.invalidInput(operation: "to_dtype", expected: "a tensor", got: "an image"))
    }
    try check(from: tensor.dataType)
    var info = picture
    info.tensor = TensorInfo(shape: tensor.shape, dataType: dataType)
    return info
  }

  private func check(from source: DataType) throws {
    guard !(scale && source.isFloatingPoint && dataType == .int64) else {
      throw TesseraError(
        .invalidInput(
          operation: "to_dtype", expected: "no scaling from \(source.rawValue) to int64 (it cannot be exact)",
          got: "scale: true"))
    }
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    if tensor.dataType == dataType { return tensor }
    try check(from: tensor.dataType)
    switch tensor {
    case .uint8(let t): return fromInteger(t, bits: 8)
    case .int64(let t): return fromInteger(t, bits: 63)
    case .float16(let t): return fromFloat(t, { Float($0) }, { Float(Float16($0)) })
    case .bfloat16(let t): return fromFloat(t, { Float($0) }, { Float(BFloat16($0)) })
    case .float32(let t): return fromFloat(t, { $0 }, { $0 })
    }
  }

  private func fromInteger<S: TensorScalar & FixedWidthInteger>(_ t: Tensor<S>, bits: Int) -> AnyTensor {
    // torch multiplies by the double quotient, rounded to float.
    let factor = scale ? Float(1 / (bits == 8 ? 255.0 : Double(Int64.max))) : 1
    switch dataType {
    case .float32: return .float32(t.converted { Float($0) * factor })
    case .float16: return .float16(t.converted { Float16(Float(Float16(Float($0))) * factor) })
    case .bfloat16: return .bfloat16(t.converted { BFloat16(Float(BFloat16(Float($0))) * factor) })
    case .int64:
      let shift = scale ? 55 : 0
      return .int64(t.converted { Int64($0) << shift })
    case .uint8:
      let shift = scale ? 55 : 0
      return .uint8(t.converted { UInt8(truncatingIfNeeded: Int64($0) >> shift) })
    }
  }

  /// - Parameter rounded: rounds a product to the source's own type, as torch does before it casts.
  private func fromFloat<S: TensorScalar>(
    _ t: Tensor<S>, _ value: (S) -> Float, _ rounded: (Float) -> Float
  ) -> AnyTensor {
    switch dataType {
    case .float32: return .float32(t.converted { value($0) })
    case .float16: return .float16(t.converted { Float16(value($0)) })
    case .bfloat16: return .bfloat16(t.converted { BFloat16(value($0)) })
    case .int64: return .int64(t.converted { Self.truncated(value($0)) })
    case .uint8:
      // 255 + 1 − 0.001: only just under 256, so that 1.0 gives 255 and the levels are equally wide.
      let factor: Float = scale ? 255.999 : 1
      return .uint8(
        t.converted {
          UInt8(truncatingIfNeeded: Self.truncated(scale ? rounded(value($0) * factor) : value($0)))
        })
    }
  }

  /// Towards zero; what does not fit (and NaN) gives the smallest integer, as the processor's conversion.
  private static func truncated(_ value: Float) -> Int64 {
    value >= -0x1p63 && value < 0x1p63 ? Int64(value) : .min
  }
}

extension Tensor {
  /// A tensor of `convert` of each element; the loop is compiled here, for the types at hand.
  @inline(__always)
  func converted<T: TensorScalar>(_ convert: (Scalar) -> T) -> Tensor<T> {
    withUnsafeBufferPointer { source in
      Tensor<T>(shape: shape) { target in
        for i in 0..<source.count { target.initializeElement(at: i, to: convert(source[i])) }
      }
    }
  }
}
