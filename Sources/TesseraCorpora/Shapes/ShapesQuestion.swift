/// A question about a scene with its only right answer.
public struct ShapesQuestion: Sendable, Hashable, Codable {
  /// What is asked for; its name is the sample's category.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// *What colour is the circle?* Six answers.
    case colour
    /// *What shape is the red object?* Four answers.
    case shape
    /// *Is the red circle small or large?* Two answers.
    case size
    /// *How many circles are there?* Three answers.
    case count
    /// *Is there a red circle?* Two answers.
    case presence
    /// *Is the circle left of, right of, above or below the square?* Four answers.
    case relation
    /// *In which corner is the circle?* Four answers.
    case position
    /// *What is left of the square?* 24 answers.
    case object
    /// *What is in the top left corner?* 25 answers: one is *nothing*.
    case region

    /// The share among the questions, before those that a scene does not allow. Kinds with many answers weigh more:
    /// it keeps an answerer without eyes far below 40 %.
    var weight: Int {
      switch self {
      case .colour: 22
      case .shape: 18
      case .size, .count, .presence: 8
      case .relation: 10
      case .position: 12
      case .object, .region: 14
      }
    }
  }

  public var kind: Kind
  public var text: String
  public var answer: String

  public init(_ kind: Kind, _ text: String, _ answer: String) {
    self.kind = kind
    self.text = text
    self.answer = answer
  }
}
