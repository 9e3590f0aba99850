internal import TesseraCore

extension ShapesScene {
  /// The most questions of a scene: so many different ones can be asked of any.
  public static let questionLimit = 8

  /// The scene's first questions, all different: question k is the same however many are asked for.
  ///
  /// Traps for more than `questionLimit`.
  public func questions(_ count: Int) -> [ShapesQuestion] {
    precondition(
      (0...Self.questionLimit).contains(count),
      "a scene has 0...\(Self.questionLimit) questions, got \(count)")
    var maker = ShapesQuestionMaker(self, RandomStream(random).operation(Operation.questions))
    var made: [ShapesQuestion] = []
    while made.count < count {
      let question = maker.next()
      if !made.contains(where: { $0.text == question.text }) { made.append(question) }
    }
    return made
  }

  /// The answer to a question about this scene, where it has exactly one here; nil where what it asks about is not
  /// there, or there more than once.
  ///
  /// What an answerer would say who was shown this picture in place of the right one.
  public func answer(to question: String) -> String? {
    let maker = ShapesQuestionMaker(self, RandomStream(random))
    return maker.all.first { $0.text == question }?.answer
  }
}
