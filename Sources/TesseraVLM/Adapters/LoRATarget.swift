internal import TesseraCore

/// A linear layer that gets an adapter, with what holds for it alone.
struct LoRATarget: Sendable, Hashable {
  let module: LinearModule
  let rank: Int
  let alpha: Double
  let scale: Double

  var aShape: [Int] { [rank, module.inputs] }
  var bShape: [Int] { [module.outputs, rank] }
}

extension LoRAConfig {
  /// The layers of a model that get an adapter, in the model's order.
  ///
  /// - Parameter layout: how names and patterns name modules.
  /// - Throws: `invalidArgument` for wrong settings or where nothing is named; `unsupported` where something is that is
  ///   no linear layer.
  func targets(
    of model: LlavaConfig, layout: CheckpointLayout = AdapterLayout.candidates[0]
  ) throws -> [LoRATarget] {
    try check()
    let specs = ExpectedParameters.llava(model)
    func theirs(_ name: String) -> String { String(layout.name(of: name + ".weight").dropLast(7)) }
    let isChosen = try targets.matcher(model)
    let saved = try NameSuffixes(modulesToSave)
    // PEFT: what is trained whole gets no adapter.
    func counts(_ module: String) -> Bool { !saved.contains(theirs(module)) }
    if let other = LinearModule.others(specs).first(where: {
      counts($0) && isChosen(theirs($0), nil)
    }) {
      throw TesseraError(
        .unsupported(
          format: "LoRA", feature: "an adapter of '\(theirs(other))', which is no linear layer,"))
    }
    let ranks = try rankPattern.map {
      (try NamePattern.ending($0.pattern, setting: "rank_pattern"), $0.value)
    }
    let alphas = try alphaPattern.map {
      (try NamePattern.ending($0.pattern, setting: "alpha_pattern"), $0.value)
    }
    let found = LinearModule.all(specs).filter { counts($0.name) && isChosen(theirs($0.name), $0) }
      .map { module in
        let name = theirs(module.name)
        let rank = ranks.first { $0.0.matches(name) }?.1 ?? self.rank
        let alpha = alphas.first { $0.0.matches(name) }?.1 ?? self.alpha
        return LoRATarget(
          module: module, rank: rank, alpha: alpha, scale: scale(rank: rank, alpha: alpha))
      }
    guard !found.isEmpty else {
      throw TesseraError(
        .invalidArgument(
          name: "target_modules", expected: "at least one linear layer of the model",
          got: "\(targets.words), which names none"))
    }
    return found
  }

  /// The parameters that are trained whole.
  ///
  /// - Throws: `invalidArgument` where a name matches nothing; `unsupported` for an embedding that is the head too.
  func saved(of model: LlavaConfig, layout: CheckpointLayout = AdapterLayout.candidates[0]) throws
    -> [ParameterSpec]
  {
    let specs = ExpectedParameters.llava(model)
    for name in modulesToSave {
      let suffix = try NameSuffixes([name])
      if specs.allSatisfy({ !suffix.contains(parameter: layout.name(of: $0.name)) }) {
        throw TesseraError(
          .invalidArgument(
            name: "modules_to_save", expected: "the ends of modules' names", got: "'\(name)', which ends none"
          ))
      }
    }
    let suffixes = try NameSuffixes(modulesToSave)
    let found = specs.filter { suffixes.contains(parameter: layout.name(of: $0.name)) }
    if model.text.isTied, let name = found.first(where: { $0.name == ExpectedParameters.embedding })?.name {
      throw TesseraError(
        .unsupported(format: "LoRA", feature: "'\(name)' in modules_to_save, which is the head too (tied),"))
    }
    return found
  }

  /// - Throws: `invalidArgument`.
  func check() throws {
    func require(_ holds: Bool, _ name: String, _ expected: String, _ got: Any) throws {
      guard holds else { throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)")) }
    }
    for rank in [rank] + rankPattern.map(\.value) {
      try require((1...1 << 20).contains(rank), "the rank of an adapter", "1 to 1048576", rank)
    }
    for alpha in [alpha] + alphaPattern.map(\.value) {
      try require(alpha > 0 && alpha.isFinite, "alpha of an adapter", "a number above 0", alpha)
    }
    try require((0..<1).contains(dropout), "dropout of an adapter", "from 0 to below 1", dropout)
  }
}

/// Ends of modules' names, as `modules_to_save` has them.
struct NameSuffixes {
  private let suffixes: [String]

  /// - Throws: `invalidArgument` for an empty one, which would be the end of every name.
  init(_ suffixes: [String]) throws {
    guard !suffixes.contains("") else {
      throw TesseraError(
        .invalidArgument(name: "modules_to_save", expected: "the ends of modules' names", got: "''"))
    }
    self.suffixes = suffixes
  }

  /// Whether the module, or one that it is part of, is meant.
  func contains(_ module: String) -> Bool {
    var name = Substring(module)
    while true {
      if suffixes.contains(where: { name.hasSuffix($0) }) { return true }
      guard let dot = name.lastIndex(of: ".") else { return false }
      name = name[..<dot]
    }
  }

  /// Whether a parameter belongs to such a module.
  func contains(parameter: String) -> Bool {
    guard let dot = parameter.lastIndex(of: ".") else { return false }
    return contains(String(parameter[..<dot]))
  }
}
