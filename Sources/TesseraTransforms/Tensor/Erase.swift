public import TesseraCore

/// Overwrites a rectangle of a tensor with values, or with normal noise.
///
/// - Shape: `[C, H, W]` or `[V, C, H, W]`, unchanged; every view gets the same rectangle and the same noise.
/// - Range: values are cast to the tensor's type, for bytes truncated and wrapped, as torch's assignment.
public struct Erase: TensorOperation {
  public var rect: Rect
  public var value: EraseValue
  /// What the noise is a function of, where `value` is `random`.
  public var key: RandomStream.Key?

  /// - Parameters:
  ///   - rect: inside of the tensor.
  ///   - value: one value, one a channel, or `.random`.
  ///   - key: needed for `.random`.
  public init(_ rect: Rect, value: EraseValue, key: RandomStream.Key? = nil) {
    self.rect = rect
    self.value = value
    self.key = key
    _ = checked()
  }

  /// - Parameters:
  ///   - x, y: the corner at the left and top, inside of the picture.
  ///   - width, height: at least 1.
  ///   - key: what random values are a function of.
  public init(x: Int, y: Int, width: Int, height: Int, value: EraseValue, key: RandomStream.Key? = nil) {
    self.init(Rect(x: x, y: y, width: width, height: height), value: value, key: key)
  }

  public static let schema = TransformSchema(
    "erase", .operation, "Overwrites a rectangle of a tensor.",
    prototype: Erase(Rect(x: 0, y: 0, width: 1, height: 1), value: .values([0])),
    .required("x", \.rect.x, "left edge"), .required("y", \.rect.y, "top edge"),
    .required("width", \.rect.width, "width in pixels"),
    .required("height", \.rect.height, "height in pixels"),
    .optional("value", \.value, "what erased pixels become"),
    .optional("key", \.key, "what random values are a function of"))

  public func validate() throws {
    guard rect.x >= 0, rect.y >= 0, rect.width > 0, rect.height > 0 else {
      throw TesseraError(
        .invalidArgument(
          name: "erase", expected: "a rectangle with x, y ≥ 0 and at least one pixel", got: "\(rect)"))
    }
    guard value != .random || key != nil else {
      throw TesseraError(.invalidArgument(name: "key", expected: "given for random values", got: "none"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    guard let tensor = picture.tensor else {
      throw TesseraError(.invalidInput(operation: "erase", expected: "a tensor", got: "an image"))
    }
    try check(tensor.shape, tensor.dataType)
    return picture
  }

  private func check(_ shape: [Int], _ type: DataType) throws {
    guard shape.count >= 3,
      Rect(x: 0, y: 0, width: shape[shape.count - 1], height: shape[shape.count - 2]).contains(rect)
    else {
      throw TesseraError(
        .invalidInput(
          operation: "erase", expected: "a tensor [C, H, W] that contains \(rect)", got: "\(shape)"))
    }
    try value.check(channels: shape[shape.count - 3])
    guard value != .random || type.isFloatingPoint else {
      throw TesseraError(
        .invalidInput(operation: "erase", expected: "a float tensor for random values", got: type.rawValue))
    }
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    try check(tensor.shape, tensor.dataType)
    switch tensor {
    case .uint8(let t): return .uint8(filled(t) { UInt8(truncatingIfNeeded: Int64($0)) })
    case .int64(let t): return .int64(filled(t) { Int64($0) })
    case .float16(let t): return .float16(filled(t) { Float16($0) })
    case .bfloat16(let t): return .bfloat16(filled(t) { BFloat16($0) })
    case .float32(let t): return .float32(filled(t) { $0 })
    }
  }

  /// The rectangle's values, `[C, height, width]`.
  private func patch(channels: Int) -> [Float] {
    let area = rect.width * rect.height
    if let key, value == .random {
      var patch = [Float](repeating: 0, count: channels * area)
      NoiseSource.normals(key, count: patch.count) { first, normals in
        for i in 0..<normals.count { patch[first + i] = Float(normals[i]) }
      }
      return patch
    }
    guard case .values(let values) = value else { preconditionFailure("validate() wants a key") }
    return (0..<channels).flatMap { channel in
      repeatElement(Float(values[values.count == 1 ? 0 : channel]), count: area)
    }
  }

  private func filled<S: TensorScalar>(_ tensor: Tensor<S>, _ convert: (Float) -> S) -> Tensor<S> {
    let (channels, height, width) = (
      tensor.shape[tensor.shape.count - 3], tensor.shape[tensor.shape.count - 2], tensor.shape.last!
    )
    let patch = patch(channels: channels).map(convert)
    var result = tensor
    result.withUnsafeMutableBufferPointer { elements in
      for plane in 0..<elements.count / (height * width) {
        for y in 0..<rect.height {
          let row = (plane * height + rect.y + y) * width + rect.x
          let from = ((plane % channels) * rect.height + y) * rect.width
          for x in 0..<rect.width { elements[row + x] = patch[from + x] }
        }
      }
    }
    return result
  }
}
