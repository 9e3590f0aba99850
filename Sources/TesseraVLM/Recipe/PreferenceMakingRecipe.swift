internal import TesseraCore
public import TesseraCorpora
internal import TesseraData

/// Preferences that a stage makes before it begins, with the model that it begins with: `tessera-vlm make-preferences` as a
/// part of a recipe.
public struct PreferenceMakingRecipe: Sendable {
  /// The file, in the run's folder unless it is absolute.
  public var path: String
  /// Questions with answers.
  public var source: CorpusSource
  /// `shapes` or a file; nil for no changed answers.
  public var attributes: String?
  public var corruptions: Int
  /// The file of `attributes`; nil for those that have a name.
  var wordsFile: String? { attributes == "shapes" ? nil : attributes }
  /// Draws from the model; 0 for none.
  public var draws: Int
  public var mistakes: Int
  public var temperature: Double
  public var maximumAnswer: Int

  init(_ node: RecipeNode) throws {
    guard let path = try node.text("path") else { throw node.wrong("path", "the file to make", "nothing") }
    self.path = path
    guard let from = try node.mapping("from") else {
      throw node.wrong("from", "questions with answers ({path: …})", "nothing")
    }
    source = try StageRecipe.source(from)
    attributes = try node.text("attributes")
    corruptions = try node.int("corruptions", attributes == nil ? 0 : 1)
    draws = try node.int("draws", attributes == nil ? 8 : 0)
    mistakes = try node.int("mistakes", 3)
    temperature = try node.number("temperature", 1)
    maximumAnswer = try node.int("max_answer", 48)
    for (key, value, least) in [
      ("corruptions", corruptions, attributes == nil ? 0 : 1), ("draws", draws, attributes == nil ? 1 : 0),
      ("mistakes", mistakes, 1), ("max_answer", maximumAnswer, 1),
    ] where value < least {
      throw node.wrong(key, "\(least) or more", "\(value)")
    }
    if attributes == nil, corruptions > 0 {
      throw node.wrong("corruptions", "0 without `attributes`", "\(corruptions)")
    }
    guard temperature > 0, temperature.isFinite else {
      throw node.wrong("temperature", "above 0", "\(temperature)")
    }
  }
}

extension StageRun {
  /// What decides a file of preferences.
  private func origin(_ recipe: PreferenceMakingRecipe, _ number: Int) throws -> String {
    var lines = try whole.contents(of: recipe.source)
    lines += [
      "seed: \(seed &+ UInt64(number) << 32)", "attributes: \(recipe.attributes ?? "none")",
      "corruptions: \(recipe.corruptions), draws: \(recipe.draws), mistakes: \(recipe.mistakes)",
      "temperature: \(recipe.temperature), max_answer: \(recipe.maximumAnswer)",
    ]
    if let words = recipe.wordsFile {
      lines.append("words: \(try Digest.file(whole.resolve(words)))")
    }
    if recipe.draws > 0 { lines += try Checkpoint.contents(of: start).map { "drawn by \($0)" } }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Makes the preferences that the recipe asks for and that are not there, or were made of something else.
  func makePreferences() throws {
    for (number, recipe) in stage.makes.enumerated() {
      let path = recipe.path.hasPrefix("/") ? recipe.path : "\(whole.folder)/\(recipe.path)"
      let origin = try origin(recipe, number)
      let mark = OriginMark(path: "\(path).made-of")
      if try FileIO.sizeIfThere(path) != nil {
        switch try mark.standing({ origin }) {
        // A file without a word of what it was made of is the user's own.
        case .unmarked, .unchanged:
          say("\(recipe.path): made already")
          continue
        case .changed(let difference):
          say("\(recipe.path): was made of something else (\(difference)), and is made anew")
        }
      }
      var maker = PreferenceMaker()
      (maker.corruptions, maker.draws, maker.mistakes) = (recipe.corruptions, recipe.draws, recipe.mistakes)
      (maker.temperature, maker.seed) = (recipe.temperature, seed &+ UInt64(number) << 32)
      maker.attributes = try recipe.attributes.map { name in
        if name == "shapes" { return .shapes }
        let file = whole.resolve(name)
        return try AttributeWords(json: FileIO.read(file, limit: 1 << 22), file: file)
      }
      let model = recipe.draws > 0 ? try LlavaModel(Checkpoint(start), type: .float32) : nil
      let processor = try model.map { try Processor(start, $0.config) }
      let questions = try Question.all(of: whole.resolve(recipe.source).open())
      say("making \(recipe.path) of \(questions.count) questions")
      let (made, tally) = try maker.preferences(
        questions, model, processor, maximumAnswer: recipe.maximumAnswer)
      if let folder = path.lastIndex(of: "/").map({ String(path[..<$0]) }) { try FileIO.makeFolder(folder) }
      // Without the mark while the file is not its own: a run that is killed here makes both anew.
      try mark.keep("")
      try PreferenceMaker.Preference.write(made, to: path)
      try mark.keep(origin)
      say(
        "\(recipe.path): \(made.count) preferences; \(tally.corruptions) changed answers, \(tally.mistakes) mistakes of the "
          + "model's own, \(tally.leftOut) questions left out")
    }
  }
}
