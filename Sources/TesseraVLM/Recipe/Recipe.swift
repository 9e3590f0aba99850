internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

/// What a run is: the data that is made for it, the model, and its stages one after another.
///
/// Read from YAML. Unknown keys are errors that name the nearest right one; `yaml` is the recipe with every default
/// written out, and reads back to the same.
public struct Recipe: Sendable {
  /// What the run is called.
  public var name: String
  public var seed: UInt64
  /// The loader's threads; nil for one a core. They change nothing.
  public var loaderThreads: Int?
  public var preparations: [PreparationRecipe]
  public var model: ModelRecipe
  public var stages: [StageRecipe]
  /// What every stage's model is asked.
  public var asks: [AskRecipe]
  /// The recipe with every default written out.
  public var yaml: String

  /// Reads a recipe.
  ///
  /// - Parameters:
  ///   - file: what errors call it.
  ///   - choice: the one stage that is taken, then `stages[0]`; nil for all.
  ///   - overrides: values that count more, by their place (`stages[0].steps`), such as flags give.
  /// - Throws: `invalidSettings` with line and column; also where the choice is no stage, or one that begins with what an
  ///   earlier one leaves, and no model is set.
  public init(
    yaml: String, file: String, choosing choice: StageChoice? = nil,
    overrides: [(place: String, value: String)] = []
  ) throws {
    let root = try RecipeNode.read(yaml, file: file, choosing: choice, overrides: overrides)
    name = try root.text("name", "run")
    seed = UInt64(bitPattern: Int64(try root.int("seed", 0)))
    loaderThreads = try root.int("loader_threads")
    preparations = try root.list("prepare", textAs: "make").map(PreparationRecipe.init)
    guard let model = try root.mapping("model") else {
      throw root.wrong("model", "a mapping with `directory` or `new`", "nothing")
    }
    self.model = try ModelRecipe(model)
    stages = try root.list("stages", textAs: "stage").enumerated().map { try StageRecipe($1, number: $0) }
    asks = try root.list("ask", textAs: "path").map(AskRecipe.init)
    try root.finish()
    guard !stages.isEmpty else { throw root.wrong("stages", "a list of stages", "none") }
    var names: Set<String> = []
    for stage in stages where !names.insert(stage.name).inserted {
      throw root.wrong("stages", "stages of different names", "'\(stage.name)' twice")
    }
    if let stage = stages.dropLast().first(where: { $0.lora?.merges == false }) {
      throw root.wrong(
        "stages", "`lora: {merge: true}` where another stage follows, which begins with the merged model",
        "merge: false in '\(stage.name)'")
    }
    self.yaml = root.yaml()
  }
}

/// Where a run's model comes from.
public struct ModelRecipe: Sendable {
  public enum Origin: Sendable {
    /// A LLaVA directory.
    case directory(String)
    /// A model that has learned nothing yet.
    case new(NewModelRecipe)
  }

  public var origin: Origin

  init(_ node: RecipeNode) throws {
    let directory = try node.text("directory")
    let new = try node.mapping("new")
    switch (directory, new) {
    case (let directory?, nil): origin = .directory(directory)
    case (nil, let new?): origin = .new(try NewModelRecipe(new))
    default:
      throw node.wrong("directory", "the one of `directory` and `new`", directory == nil ? "none" : "both")
    }
  }
}

/// A model that is made for a run.
public struct NewModelRecipe: Sendable {
  public var vision: VisionConfig
  public var text: TextConfig
  public var featureLayers: [Int]
  public var featureSelection: FeatureSelection
  /// What is taken from each channel of a picture (0...1), and what the rest is divided by; nil for what towers of its
  /// kind were trained with. Pictures that are mostly dark or mostly light learn far sooner with their own.
  public var imageMean: [Double]?
  public var imageDeviation: [Double]?
  /// The standard deviation from which the tower's position embeddings start; nil for its kind's own. Where pictures
  /// are even and bright beside their ground, positions of the usual size are lost among the patches.
  public var positionRange: Double?
  /// Entries of the tokenizer, those with a meaning of their own included.
  public var vocabulary: Int
  /// The chat template's name (`llava`, `v1`, `chatml`, `plain`), or a file's.
  public var template: String

  /// - Throws: `io` for a file that cannot be read.
  func tokenizerTemplate() throws -> TokenizerTemplate {
    switch template {
    // What transformers' LLaVA directories have: v1 without its system prompt.
    case "llava": .jinja(ChatTemplateText.llava)
    case "v1": .v1
    case "chatml": .chatML
    case "plain": .plain
    default: .jinja(String(decoding: try FileIO.read(template, limit: 1 << 20), as: UTF8.self))
    }
  }

  init(_ node: RecipeNode) throws {
    vocabulary = try node.int("vocabulary", 512)
    template = try node.text("template", "llava")
    let tower = try node.mapping("vision")
    imageMean = try tower.flatMap { try Self.channels($0, "image_mean", 0...1) }
    imageDeviation = try tower.flatMap { try Self.channels($0, "image_std", 0.001...10) }
    positionRange = try tower.flatMap { try Self.range($0, "position_range") }
    vision = try Self.vision(tower)
    text = try Self.text(node.mapping("decoder"), vocabulary: vocabulary)
    let layer = try node.int("feature_layer", -1)
    guard (-vision.layers - 1...vision.layers).contains(layer) else {
      throw node.wrong("feature_layer", "a layer of the tower's \(vision.layers)", "\(layer)")
    }
    featureLayers = [layer]
    featureSelection = try node.word("features", vision.hasClassToken ? .withoutFirst : .full)
  }

  /// A number for each of the three channels; nil where the recipe has none.
  private static func channels(_ node: RecipeNode, _ key: String, _ range: ClosedRange<Double>) throws
    -> [Double]?
  {
    guard node.has(key) else { return nil }
    let texts = try node.texts(key)
    let values = texts.compactMap(Double.init).filter(range.contains)
    guard values.count == 3, texts.count == 3 else {
      throw node.wrong(
        key, "three numbers of \(range.lowerBound)...\(range.upperBound), such as [0.5, 0.5, 0.5]",
        "[\(texts.joined(separator: ", "))]")
    }
    return values
  }

  /// A standard deviation from which weights start; nil where the recipe has none.
  private static func range(_ node: RecipeNode, _ key: String) throws -> Double? {
    let value = try node.number(key)
    if let value, !(value > 0 && value <= 10) {
      throw node.wrong(key, "more than 0 and at most 10", "\(value)")
    }
    return value
  }

  private static func vision(_ node: RecipeNode?) throws -> VisionConfig {
    enum Kind: String, CaseIterable { case clip, siglip }
    guard let node else {
      throw TesseraError(
        .invalidArgument(name: "model.new.vision", expected: "the tower's sizes", got: "nothing"))
    }
    var config = VisionConfig(try node.word("kind", Kind.siglip) == .clip ? .clip : .siglip)
    config.hiddenSize = try node.int("hidden_size", 96)
    config.layers = try node.int("layers", 3)
    config.heads = try node.int("heads", 4)
    config.intermediateSize = try node.int("intermediate_size", 4 * config.hiddenSize)
    config.imageSize = try node.int("image_size", 48)
    config.patchSize = try node.int("patch_size", 8)
    config.usesHead = false
    for (key, value) in [
      ("hidden_size", config.hiddenSize), ("layers", config.layers),
      ("intermediate_size", config.intermediateSize), ("image_size", config.imageSize),
    ] where value < 1 {
      throw node.wrong(key, "1 or more", "\(value)")
    }
    guard config.heads > 0, config.hiddenSize % config.heads == 0 else {
      throw node.wrong("heads", "a divisor of hidden_size \(config.hiddenSize)", "\(config.heads)")
    }
    guard config.patchSize > 0, config.imageSize >= config.patchSize else {
      throw node.wrong("patch_size", "1...\(config.imageSize), the picture's size", "\(config.patchSize)")
    }
    return config
  }

  private static func text(_ node: RecipeNode?, vocabulary: Int) throws -> TextConfig {
    guard let node else {
      throw TesseraError(
        .invalidArgument(name: "model.new.decoder", expected: "the decoder's sizes", got: "nothing"))
    }
    var config = TextConfig(.llama)
    config.vocabularySize = vocabulary
    config.hiddenSize = try node.int("hidden_size", 128)
    config.layers = try node.int("layers", 4)
    config.heads = try node.int("heads", 4)
    config.keyValueHeads = try node.int("key_value_heads", config.heads)
    config.intermediateSize = try node.int("intermediate_size", 3 * config.hiddenSize)
    guard config.heads > 0, config.hiddenSize % config.heads == 0, (config.hiddenSize / config.heads) % 2 == 0
    else {
      throw node.wrong(
        "heads", "a divisor of hidden_size \(config.hiddenSize) that leaves an even width", "\(config.heads)")
    }
    guard config.keyValueHeads > 0, config.heads % config.keyValueHeads == 0 else {
      throw node.wrong("key_value_heads", "a divisor of heads \(config.heads)", "\(config.keyValueHeads)")
    }
    config.headSize = config.hiddenSize / config.heads
    config.maxPositions = try node.int("positions", 512)
    for (key, value) in [
      ("hidden_size", config.hiddenSize), ("layers", config.layers),
      ("intermediate_size", config.intermediateSize), ("positions", config.maxPositions),
    ] where value < 1 {
      throw node.wrong(key, "1 or more", "\(value)")
    }
    config.isTied = try node.flag("tied", true)
    config.ropeTheta = try node.number("rope_theta", 10_000)
    config.initializerRange = try range(node, "initializer_range") ?? config.initializerRange
    config.slidingWindows = Array(repeating: nil, count: max(0, config.layers))
    return config
  }
}
