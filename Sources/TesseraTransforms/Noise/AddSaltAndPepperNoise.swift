public import TesseraCore

/// Makes some pixels white (salt) and some black (pepper), all colour channels of a pixel alike of a fixed key: the same noise every time. See `SaltAndPepperNoise` for units.
///
/// Several views of one picture get the same noise while they are pictures, and each its own once they are one tensor.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct AddSaltAndPepperNoise: ImageOperation, TensorOperation {
  /// Chance of a pixel to be replaced, 0 to 1.
  public var amount: Double
  /// Share of the replaced pixels that are white, 0 to 1.
  public var saltShare: Double
  /// What all random numbers are a function of.
  public var key: RandomStream.Key

  /// - Parameters:
  ///   - amount: chance of a pixel to be replaced, 0 to 1.
  ///   - saltShare: share of the replaced pixels that are white, 0 to 1.
  ///   - key: what all random numbers are a function of.
  public init(amount: Double, saltShare: Double, key: RandomStream.Key) {
    self.amount = amount
    self.saltShare = saltShare
    self.key = key
    _ = checked()
  }

  public static let schema = TransformSchema(
    "add_salt_and_pepper_noise", .operation, "Makes the pixels that a key names white or black.",
    prototype: AddSaltAndPepperNoise(amount: 0.05, saltShare: 0.5, key: RandomStream(seed: 0).key),
    .required("amount", \.amount, "chance of a pixel to be replaced, 0 to 1"),
    .required("salt_share", \.saltShare, "share of the replaced pixels that are white, 0 to 1"),
    .required("key", \.key, "what the noise is a function of"))

  public func validate() throws { try Self.validate(amount: amount, saltShare: saltShare) }

  static func validate(amount: Double, saltShare: Double) throws {
    for (name, value) in [("amount", amount), ("salt_share", saltShare)] where !(0...1).contains(value) {
      throw TesseraError(.invalidArgument(name: name, expected: "between 0 and 1", got: "\(value)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try Noise.check(picture, operation: Self.schema.name)
  }

  /// Calls `body(pixel, isSalt)` for each replaced pixel of 0..<count.
  @inline(__always)
  private func forEachReplaced(of count: Int, _ body: (Int, Bool) -> Void) {
    let salt = UInt64((amount * saltShare * 0x1p32).rounded())
    let all = UInt64((amount * 0x1p32).rounded())
    NoiseSource.words(key, count: count) { first, words in
      for i in 0..<words.count where UInt64(words[i]) < all { body(first + i, UInt64(words[i]) < salt) }
    }
  }

  public func apply(to image: Image) throws -> Image {
    _ = try image.info.checked(.eightBit, for: Self.schema.name)
    var result = image
    let (channels, colours) = (image.channels, image.format.colourChannels)
    result.withUnsafeMutableBytes { bytes in
      forEachReplaced(of: image.size.area) { pixel, isSalt in
        for c in 0..<colours { bytes[pixel * channels + c] = isSalt ? 255 : 0 }
      }
    }
    return result
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    switch tensor {
    case .uint8(let t): return .uint8(try replaced(t, white: 255))
    case .float16(let t): return .float16(try replaced(t, white: 1))
    case .bfloat16(let t): return .bfloat16(try replaced(t, white: BFloat16(1)))
    case .float32(let t): return .float32(try replaced(t, white: 1))
    case .int64:
      try Noise.check(tensor.dataType, Self.schema.name)
      return tensor
    }
  }

  /// - Shape: `[.., C, H, W]`: pixels are counted view by view, row by row.
  private func replaced<S: TensorScalar>(_ tensor: Tensor<S>, white: S) throws -> Tensor<S> {
    guard tensor.shape.count >= 3 else {
      throw TesseraError(
        .invalidInput(
          operation: Self.schema.name, expected: "a tensor [C, H, W]", got: "shape \(tensor.shape)"))
    }
    var result = tensor
    let (channels, plane) = (tensor.shape[tensor.shape.count - 3], tensor.shape.suffix(2).reduce(1, *))
    guard tensor.count > 0 else { return tensor }
    result.withUnsafeMutableBufferPointer { elements in
      forEachReplaced(of: elements.count / channels) { pixel, isSalt in
        let (view, place) = pixel.quotientAndRemainder(dividingBy: plane)
        for c in 0..<channels { elements[(view * channels + c) * plane + place] = isSalt ? white : S() }
      }
    }
    return result
  }
}
