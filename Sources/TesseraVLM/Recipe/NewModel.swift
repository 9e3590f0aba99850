internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// A model that has learned nothing yet, as a directory: a tokenizer trained on the run's texts, and new weights.
struct NewModel {
  let recipe: NewModelRecipe
  let seed: UInt64

  /// Tokens with a meaning of their own, in the order of their ids.
  private static let special = ["<s>", "</s>", "<image>", "<pad>"]

  /// Writes the directory.
  ///
  /// - Parameter datasets: whose texts the tokenizer is trained on.
  /// - Throws: `invalidInput` for fewer entries than bytes and special tokens; what datasets and the writer throw.
  func write(to path: String, datasets: [any Dataset]) throws {
    let tokenizer = try trained(datasets)
    var config = LlavaConfig(vision: recipe.vision, text: recipe.text, imageToken: 2)
    config.featureLayers = recipe.featureLayers
    config.featureSelection = recipe.featureSelection
    config.text.vocabularySize = tokenizer.vocabularySize
    (config.text.beginToken, config.text.endTokens, config.text.padToken) = (0, [1], 3)
    var files = SideFiles()
    files.replacements["tokenizer.json"] = tokenizer.json()
    if recipe.template != "v1" {
      files.replacements["chat_template.jinja"] = try FileIO.read(recipe.template, limit: 1 << 20)
    }
    let parameters = ModelParameters(new: config, seed: seed)
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    try LlavaModel(config, parameters).write(to: path, sideFiles: files, writer: writer)
  }

  private func trained(_ datasets: [any Dataset]) throws -> Tokenizer {
    var trainer = BPETrainer(vocabularySize: recipe.vocabulary, specialTokens: Self.special)
    for dataset in datasets {
      for index in 0..<dataset.count {
        // A record that cannot be read is the census's to tell.
        guard let sample = try? dataset.sample(at: index) else { continue }
        if let text = sample.text { trainer.add(text) }
        for turn in sample.conversation { trainer.add(turn.text) }
      }
    }
    return try trainer.train()
  }
}
