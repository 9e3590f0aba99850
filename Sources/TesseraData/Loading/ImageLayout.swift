public import TesseraCore
internal import TesseraTransforms

/// How the pictures of a batch lie in memory.
public struct ImageLayout: Sendable, Hashable, Codable {
  public enum Channels: String, Sendable, Hashable, Codable {
    /// `[B, C, H, W]`.
    case first
    /// `[B, H, W, C]`.
    case last
  }

  public var channels: Channels
  /// The element type wanted; nil for what the pipeline gives. Floats are rounded to nearest even; `uint8` is
  /// had by a pipeline without `to_tensor`, never by rounding floats.
  public var dataType: DataType?

  public init(channels: Channels = .first, dataType: DataType? = nil) {
    self.channels = channels
    self.dataType = dataType
  }

  /// As the pipeline gives it: channels first, its own type.
  public static let channelsFirst = ImageLayout()
  public static let channelsLast = ImageLayout(channels: .last)

  /// A picture of the pipeline's in this layout: `[…, C, H, W]` → `[…, C, H, W]` or `[…, H, W, C]`.
  ///
  /// - Throws: `invalidInput` where floats would have to become integers.
  func arranged(_ tensor: AnyTensor) throws -> AnyTensor {
    var tensor = tensor
    if let dataType, dataType != tensor.dataType {
      guard dataType.isFloatingPoint || !tensor.dataType.isFloatingPoint else {
        throw TesseraError(
          .invalidInput(
            operation: "the loader's layout",
            expected: "a pipeline that gives integers for \(dataType.rawValue)"
              + " (leave out to_tensor)", got: tensor.dataType.rawValue), stage: .tensor)
      }
      tensor = try ToDType(dataType).apply(to: tensor)
    }
    return channels == .first ? tensor : tensor.channelsLast()
  }

  var summary: String { "\(channels.rawValue) \(dataType?.rawValue ?? "as given")" }
}

extension AnyTensor {
  /// Planes to pixels: `[…, C, H, W]` → `[…, H, W, C]`. Tensors of fewer than three axes stay as they are.
  func channelsLast() -> AnyTensor {
    guard shape.count >= 3 else { return self }
    let size = shape.suffix(2).reduce(1, *)
    let channels = shape[shape.count - 3]
    let outer = shape.dropLast(3)
    let count = outer.reduce(1, *)
    let turned = outer + shape.suffix(2) + [channels]
    let width = dataType.byteCount
    let block = MemoryBlock(byteCount: count * channels * size * width)
    withUnsafeBytes { source in
      for picture in 0..<count {
        let at = picture * channels * size * width
        interleave(
          UnsafeRawBufferPointer(rebasing: source[at..<at + channels * size * width]), to: block.base + at,
          channels: channels, plane: size, width: width)
      }
    }
    return AnyTensor(shape: Array(turned), dataType: dataType, block: block)
  }
}

/// Writes planes as pixels, elements of `width` bytes.
private func interleave(
  _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, channels: Int, plane: Int, width: Int
) {
  func move<T: BitwiseCopyable>(_ type: T.Type) {
    guard let base = source.baseAddress?.assumingMemoryBound(to: T.self) else { return }
    let target = target.assumingMemoryBound(to: T.self)
    for channel in 0..<channels {
      let from = base + channel * plane
      for pixel in 0..<plane { target[pixel * channels + channel] = from[pixel] }
    }
  }
  switch width {
  case 1: move(UInt8.self)
  case 2: move(UInt16.self)
  case 4: move(UInt32.self)
  default: move(UInt64.self)
  }
}
