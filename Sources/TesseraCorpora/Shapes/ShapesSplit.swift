/// The parts of Shapes, which share no scene.
public enum ShapesSplit: String, Sendable, Hashable, Codable, CaseIterable {
  case train
  /// New scenes of the pairs that training shows.
  case validation
  /// Scenes with at least one pair that training never shows.
  case heldout

  /// The split's number in the keys of its random streams.
  var number: UInt64 {
    switch self {
    case .train: 0
    case .validation: 1
    case .heldout: 2
    }
  }

  /// The pairs that a scene of this split may show.
  public var pairs: [ShapesPair] { self == .heldout ? ShapesPair.all : ShapesPair.trained }
}
