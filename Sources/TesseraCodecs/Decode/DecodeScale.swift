/// Whether a picture that is to be made smaller may be decoded smaller.
public enum DecodeScale: Sendable, Hashable, Codable {
  /// Never: pixels are those of a whole decode and a resize.
  case exact
  /// As Pillow's `draft` and `reducing_gap`: the codec gives 1/2, 1/4 or 1/8 of the size (JPEG), whole blocks of pixels
  /// are averaged (every format), and the filter does the rest from a picture that is still at least `gap` times as
  /// large as what is wanted. Pixels differ from the exact ones, the less the larger the gap.
  case fast(gap: Double)

  /// Pillow's gap for thumbnails.
  public static let fast = DecodeScale.fast(gap: 2)
}

extension DecodeScale: CustomStringConvertible {
  /// `exact`, or `fast:` and the gap.
  public var description: String {
    switch self {
    case .exact: "exact"
    case .fast(let gap): gap == 2 ? "fast" : "fast:\(gap)"
    }
  }

  /// Reads `exact`, `fast` or `fast:GAP`; nil for anything else, and for a gap below 1.
  public init?(_ text: String) {
    switch text {
    case "exact": self = .exact
    case "fast": self = .fast
    default:
      guard text.hasPrefix("fast:"), let gap = Double(text.dropFirst(5)), gap >= 1, gap.isFinite else {
        return nil
      }
      self = .fast(gap: gap)
    }
  }
}
