internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText

/// A model that has learned nothing yet, as a directory: a tokenizer trained on the run's texts, and new weights.
struct NewModel {
  let recipe: NewModelRecipe
  let seed: UInt64

  /// Writes the directory.
  ///
  /// - Parameter datasets: whose texts the tokenizer is trained on.
  /// - Throws: `invalidArgument` for fewer entries than bytes and special tokens; what datasets and the writer throw.
  func write(to path: String, datasets: [any Dataset]) throws {
    let made = try tokenizer(datasets)
    var config = LlavaConfig(vision: recipe.vision, text: recipe.text, imageToken: made.imageID)
    config.featureLayers = recipe.featureLayers
    config.featureSelection = recipe.featureSelection
    config.text.vocabularySize = made.tokenizer.vocabularySize
    config.text.beginToken = made.beginningID
    (config.text.endTokens, config.text.padToken) = ([made.endID], made.padID)
    var replacements = Dictionary(uniqueKeysWithValues: made.files.map { ($0.name, $0.bytes) })
    if recipe.imageMean != nil || recipe.imageDeviation != nil {
      let settings = ProcessorText.preprocessor(
        config.vision, mean: recipe.imageMean, deviation: recipe.imageDeviation)
      replacements["preprocessor_config.json"] = Array(settings.pythonText().utf8)
    }
    let files = SideFiles(replacements: replacements)
    let parameters = ModelParameters(new: config, positionRange: recipe.positionRange, seed: seed)
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    try LlavaModel(config, parameters).write(to: path, sideFiles: files, writer: writer)
  }

  private func tokenizer(_ datasets: [any Dataset]) throws -> TokenizerFiles {
    var maker = try TokenizerMaker(vocabularySize: recipe.vocabulary, template: recipe.tokenizerTemplate())
    for dataset in datasets {
      for index in 0..<dataset.count {
        // A record that cannot be read is the census's to tell, and to stop at if the recipe says so.
        do { maker.add(try dataset.sample(at: index)) } catch is TesseraError {}
      }
    }
    return try maker.train()
  }
}
