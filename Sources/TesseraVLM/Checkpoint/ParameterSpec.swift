/// A parameter that a config asks for.
public struct ParameterSpec: Sendable, Hashable {
  /// Which part of the model it belongs to.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    case vision, projector, language, head
  }

  /// Its name in transformers 4.57's files.
  public let name: String
  public let shape: [Int]
  public let part: Part

  public init(name: String, shape: [Int], part: Part) {
    (self.name, self.shape, self.part) = (name, shape, part)
  }

  /// How many numbers it is.
  public var count: Int { shape.reduce(1, *) }
}
