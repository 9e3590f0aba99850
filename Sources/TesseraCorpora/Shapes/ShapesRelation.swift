/// How the first object of a scene stands to the second.
public enum ShapesRelation: String, Sendable, Hashable, Codable, CaseIterable {
  case leftOf = "left of"
  case above
}
