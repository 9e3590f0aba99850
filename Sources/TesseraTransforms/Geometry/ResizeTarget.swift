public import TesseraCore

/// The size that `Resize` is asked for.
public enum ResizeTarget: Sendable, Hashable {
  /// The shorter edge; the longer one keeps the aspect ratio.
  case shorterEdge(Int)
  /// Both edges: the aspect ratio may change.
  case exact(Size)

  /// The size of a picture of size `source` after the resize: torchvision's rule.
  ///
  /// The longer edge is `⌊shorter · long / short⌋`; if that passes `maxSize`, the longer edge is `maxSize` and the
  /// shorter `⌊maxSize · shorter / longer⌋`.
  func size(for source: Size, maxSize: Int?) -> Size {
    switch self {
    case .exact(let size): return size
    case .shorterEdge(let edge):
      var shorter = edge
      var longer = Int(Double(edge * source.longer) / Double(source.shorter))
      if let maxSize, longer > maxSize {
        (shorter, longer) = (Int(Double(maxSize * shorter) / Double(longer)), maxSize)
      }
      return source.width <= source.height
        ? Size(width: shorter, height: longer) : Size(width: longer, height: shorter)
    }
  }
}

extension ResizeTarget: ArgumentConvertible {
  public static var argumentType: String { "shorter edge | [height, width]" }
  public init?(argument: ArgumentNode) throws {
    guard let sides = try [Int](argument: argument) else { return nil }
    switch sides.count {
    case 1: self = .shorterEdge(sides[0])
    case 2: self = .exact(Size(width: sides[1], height: sides[0]))
    default: return nil
    }
  }
  public var argument: ArgumentNode {
    switch self {
    case .shorterEdge(let edge): edge.argument
    case .exact(let size): [size.height, size.width].argument
    }
  }
  public var swiftSource: String {
    switch self {
    case .shorterEdge(let edge): "\(edge)"
    case .exact(let size): size.swiftSource
    }
  }
}
