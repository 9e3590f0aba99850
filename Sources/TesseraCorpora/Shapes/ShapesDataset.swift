internal import TesseraCore
public import TesseraData

/// Scenes of Shapes without a disk: each sample is drawn when it is asked for.
///
///     let unseen = ShapesDataset(seed: 7, split: .validation, count: 500, task: .questions)
///
/// Sample *i* is what `ShapesCorpus` writes for scene *i*, with the picture decoded already.
public struct ShapesDataset: Dataset {
  /// What is said about a scene.
  public enum Task: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its caption.
    case captions
    /// Its first question, as a conversation; the category is the question's kind.
    case questions
  }

  public let seed: UInt64
  public let split: ShapesSplit
  public let count: Int
  public let task: Task
  /// The pictures' side in pixels, `ShapesScene.sides`.
  public let side: Int

  /// Traps for a count below 0 or a side outside of `ShapesScene.sides`.
  public init(seed: UInt64, split: ShapesSplit, count: Int, task: Task, side: Int = 48) {
    precondition(count >= 0, "\(count) scenes")
    precondition(ShapesScene.sides.contains(side), "a picture of Shapes has a side of 16...1024, got \(side)")
    self.seed = seed
    self.split = split
    self.count = count
    self.task = task
    self.side = side
  }

  public func sample(at index: Int) throws -> Sample {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    let scene = ShapesScene(seed: seed, split: split, index: index)
    let name = "\(split.rawValue)/\(CorpusWriter.number(index))"
    let picture = PictureSource.image(scene.image(side: side), name: name)
    guard task == .questions else { return Sample(picture, text: scene.caption) }
    let question = scene.questions(1)[0]
    return Sample(
      name: name, pictures: [picture],
      conversation: [
        ConversationTurn(.user, "<image>\(question.text)"), ConversationTurn(.assistant, question.answer),
      ], category: question.kind.rawValue)
  }

  public func label(at index: Int) throws -> Int? { nil }

  public func fingerprint() throws -> Fingerprint {
    Fingerprint(
      "shapes", "\(ShapesScene.version)", "\(seed)", split.rawValue, "\(count)", task.rawValue, "\(side)")
  }
}
