public import TesseraCore

extension CheckpointWriter {
  /// Writes a directory that was read once more, in 4.57's layout, with all of its side files: of a whole model or of a
  /// decoder.
  ///
  /// The head of a reward model (`score.weight`) is kept; what else the directory's layout passes over is not.
  ///
  /// - Parameter dataType: what the weights are stored as; nil for each tensor's own type, bytes unchanged.
  /// - Throws: `invalidInput` for a directory of a vision tower alone; what `write` throws.
  public func write(_ checkpoint: Checkpoint, to path: String, dataType: DataType? = nil) throws {
    try write(checkpoint, to: path, dataType: dataType, source: checkpoint.source)
  }

  /// Writes a directory once more, with elements from somewhere else.
  func write(_ checkpoint: Checkpoint, to path: String, dataType: DataType?, source: @escaping Source) throws
  {
    let extra = checkpoint.rewardHead
    let specs = extra.map { [$0.spec] } ?? []
    let sideFiles = SideFiles(from: checkpoint.path)
    let contents: Contents
    switch checkpoint.config {
    case .llava(let config): contents = Contents(config, specs, sideFiles)
    case .language(let config): contents = Contents(config, checkpoint.configValue, specs, sideFiles)
    case .vision:
      throw TesseraError(
        .invalidInput(
          operation: "writing a model",
          expected:
            "a directory of a LLaVA or a decoder (tessera-vlm init joins a vision tower and a decoder)",
          got: "a \(checkpoint.config.kindName)"),
        path: checkpoint.path)
    }
    let types = { (spec: ParameterSpec) -> DataType in
      dataType ?? checkpoint[spec.name]?.dataType ?? extra?.weight.dataType ?? .float32
    }
    try write(contents, to: path, types: types) { spec, body in
      guard let extra, spec.name == extra.spec.name, let type = extra.weight.dataType else {
        return try source(spec, body)
      }
      try extra.weight.withBytes { try body(type, $0) }
    }
  }

  /// Writes a joined directory.
  ///
  /// - Parameter dataType: what the weights are stored as; nil for each tensor's own type, new ones as most of the
  ///   decoder's.
  /// - Throws: what `write` throws.
  public func write(_ join: DirectoryJoin, to path: String, dataType: DataType? = nil) throws {
    let main = join.language.mainType
    try write(
      join.config, to: path,
      types: { dataType ?? (join.vision[$0.name] ?? join.language[$0.name])?.dataType ?? main },
      sideFiles: try join.sideFiles(), source: join.source)
  }
}

extension Checkpoint {
  /// The head of a reward model, where the files have one of a type that can be written.
  package var rewardHead: Parameter? {
    guard let weight = files["score.weight"], weight.dataType != nil else { return nil }
    return Parameter(
      spec: ParameterSpec(name: weight.name, shape: weight.shape, part: .head), weight: weight)
  }
}
