import TesseraCore
private import CKernels

/// An operation that maps every byte of the colour channels by one table that no pixel decides.
///
/// A plan may fold neighbouring ones, and the step to a tensor, into a single table.
package protocol PointOperation: ImageOperation {
  /// 256 values: what each byte becomes. Alpha stays.
  var table: [UInt8] { get }
}

extension PictureInfo {
  /// The picture itself if its format is one of `formats`.
  ///
  /// - Throws: `invalidInput` that says what is taken and how to get there.
  func checked(_ formats: [PixelFormat], for operation: String) throws -> PictureInfo {
    guard formats.contains(format) else {
      let modes = formats.map(\.pillowMode).joined(separator: ", ")
      throw TesseraError(
        .invalidInput(
          operation: operation, expected: "a picture of mode \(modes) (convert with convert_rgb first)",
          got: format.pillowMode))
    }
    return self
  }
}

extension [PixelFormat] {
  /// 8 bits a channel, with or without alpha.
  static let eightBit: [PixelFormat] = [.gray, .grayAlpha, .rgb, .rgba]
  /// 8 bits a channel, no alpha: what Pillow's ImageOps take.
  static let opaque: [PixelFormat] = [.gray, .rgb]
}

extension Image {
  /// What the operations that `draw` never sees pixels of check: the same as `output(for:)` does.
  var info: PictureInfo { PictureInfo(size: size, format: format) }

  /// A picture of the same size whose bytes `body(source, target)` writes.
  func mapped(
    to format: PixelFormat? = nil, _ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    let format = format ?? self.format
    return Image(size: size, format: format) { target in
      withUnsafeBytes { source in
        // An empty picture still has an address to pass; kernels get a count of 0.
        body(
          source.baseAddress!.assumingMemoryBound(to: UInt8.self),
          target.baseAddress!.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  /// Every byte of the colour channels through one table; alpha stays.
  func mapped(through table: [UInt8]) -> Image {
    let colours = format.colourChannels
    let tables = (0..<channels).flatMap { $0 < colours ? table : Self.identityTable }
    return mapped(throughEach: tables)
  }

  /// Every byte through its channel's table of 256.
  func mapped(throughEach tables: [UInt8]) -> Image {
    precondition(tables.count == 256 * channels && format.bytesPerChannel == 1)
    return mapped { source, target in tk_lut_u8(source, size.area, channels, tables, target) }
  }

  /// How often each value occurs, channel by channel: 256 counts each.
  func histogram() -> [[Int64]] {
    var counts = [Int64](repeating: 0, count: 256 * channels)
    withUnsafeBytes { source in
      tk_histogram_u8(source.baseAddress!.assumingMemoryBound(to: UInt8.self), size.area, channels, &counts)
    }
    return (0..<channels).map { Array(counts[$0 * 256..<$0 * 256 + 256]) }
  }

  /// The same colours with the alpha of another picture of the same size and format.
  func withAlpha(of other: Image) -> Image {
    guard format.hasAlpha else { return self }
    var result = self
    let count = channels
    result.withUnsafeMutableBytes { target in
      other.withUnsafeBytes { source in
        for i in stride(from: count - 1, to: source.count, by: count) { target[i] = source[i] }
      }
    }
    return result
  }

  static let identityTable: [UInt8] = (0...255).map { $0 }
}

/// Pillow's `Image.blend` for one byte: `from + factor · (to − from)`, in float, clamped, truncated.
func blended(from: Int, to: Int, factor: Float) -> UInt8 {
  let product = factor * Float(to - from)
  return UInt8(min(max(Float(from) + product, 0), 255))
}

/// What the transforms that act with a probability share.
enum Chance {
  /// The operation, or nothing, by chance. A picture that it cannot take is an error either way.
  static func draw(
    _ operation: any Operation, probability: Double, for picture: PictureInfo,
    using random: inout RandomStream
  ) throws -> [any Operation] {
    _ = try operation.output(for: picture)
    return random.bernoulli(probability) ? [operation] : []
  }

  static func validate(_ probability: Double) throws {
    guard (0...1).contains(probability) else {
      throw TesseraError(
        .invalidArgument(name: "probability", expected: "between 0 and 1", got: "\(probability)"))
    }
  }
}

/// What enhancement factors may be.
func validateFactor(_ factor: Double) throws {
  guard factor >= 0, factor.isFinite else {
    throw TesseraError(.invalidArgument(name: "factor", expected: "a number of at least 0", got: "\(factor)"))
  }
}
