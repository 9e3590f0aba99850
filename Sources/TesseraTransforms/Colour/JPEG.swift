public import TesseraCore

/// Compresses a picture as JPEG and decodes it again, with a random quality: the artefacts of real files.
///
/// - Shape: unchanged; L or RGB. Draws `jpeg_compress`. Semantics of torchvision's `JPEG` on PIL pictures.
public struct JPEG: RandomTransform, ImageTransform {
  /// Each whole quality is equally likely, both ends included; within 1...100.
  public var quality: ClosedRange<Int> { range.range }
  var range: QualityRange

  /// - Parameter quality: within 1...100, lower for smaller files and more artefacts.
  public init(quality: ClosedRange<Int>) {
    range = QualityRange(range: quality)
    _ = checked()
  }

  /// - Parameter quality: 1...100, lower for smaller files and more artefacts.
  public init(quality: Int) { self.init(quality: quality...quality) }

  public static let schema = TransformSchema(
    "jpeg", .colour, "Compresses as JPEG with a random quality, and decodes again.",
    prototype: JPEG(quality: 75),
    .required("quality", \.range, "one quality or a range, within 1 to 100"))

  public func validate() throws {
    guard quality.lowerBound >= 1, quality.upperBound <= 100 else {
      throw TesseraError(.invalidArgument(name: "quality", expected: "within 1...100", got: "\(quality)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = JPEGCompress(quality: random.integer(in: quality))
    _ = try operation.output(for: picture)
    return [operation]
  }
}

/// Whole qualities from here to there, as an argument: `75`, `30...60` or `[30, 60]`.
struct QualityRange: Sendable, Hashable, ArgumentConvertible {
  var range: ClosedRange<Int>

  static var argumentType: String { "integer | lower...upper" }

  init(range: ClosedRange<Int>) { self.range = range }

  init?(argument: ArgumentNode) throws {
    guard let ends = try ClosedRange<Double>(argument: argument),
      let lower = Int(exactly: ends.lowerBound), let upper = Int(exactly: ends.upperBound)
    else { return nil }
    range = lower...upper
  }

  var argument: ArgumentNode {
    range.lowerBound == range.upperBound
      ? range.lowerBound.argument
      : ArgumentNode(.range(Double(range.lowerBound), Double(range.upperBound)))
  }

  var swiftSource: String {
    range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)"
  }
}
