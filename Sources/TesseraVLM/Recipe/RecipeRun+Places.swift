internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

extension RecipeRun {
  /// Looks for everything that the recipe names before the first stage begins: a mistake in the last stage's data should not
  /// come to light when the others are trained.
  ///
  /// - Throws: `invalidInput` for data, a reward model or a value model that is not there and that no stage makes.
  func checkPlaces() throws {
    var made: Set<String> = []
    for (number, stage) in recipe.stages.enumerated() {
      made.formUnion(stage.makes.map(\.path))
      // What is done does not need its data any more.
      guard try StageRun(self, stage, number: number, model: "").finished() == nil else { continue }
      var sources =
        stage.data + stage.validation + stage.evaluations.map(\.source) + stage.makes.map(\.source)
      sources += [stage.reward?.questions].compactMap { $0 } + (stage.reinforcement?.language ?? [])
      for path in sources.map(\.path) where !made.contains(path) {
        try checkData(path, "the stage '\(stage.name)'")
      }
      let earlier = Set(recipe.stages[..<number].filter { $0.kind == .reward }.map(\.name))
      let rewards = stage.reinforcement?.rewards.compactMap(\.directory) ?? []
      for path in rewards + [stage.reinforcement?.value].compactMap({ $0 }) where !earlier.contains(path) {
        guard try FileIO.sizeIfThere("\(resolve(path))/config.json") == nil else { continue }
        let names = earlier.sorted().map { "'\($0)'" }.joined(separator: ", ")
        throw TesseraError(
          .invalidInput(
            operation: "the stage '\(stage.name)'",
            expected: "a reward model's directory, or the name of an earlier reward stage"
              + (names.isEmpty ? " (there is none)" : " (\(names))"),
            got: "no config.json there"),
          path: path)
      }
    }
    for path in recipe.asks.map(\.source.path) where !made.contains(path) { try checkData(path, "ask") }
  }

  /// - Throws: `invalidInput` where nothing is at a path that is no pattern of tars, URL or list of them.
  private func checkData(_ path: String, _ what: String) throws {
    guard !RemoteName.isRemote(path), !path.hasPrefix("@"),
      !path.contains(where: { "{*?[".contains($0) }), try !FileIO.exists(resolve(path))
    else {
      return
    }
    throw TesseraError(
      .invalidInput(
        operation: what, expected: "data at a path that is there, or that `prepare` or `make` makes",
        got: "nothing there"),
      path: path)
  }
}
