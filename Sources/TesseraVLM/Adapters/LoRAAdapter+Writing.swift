internal import TesseraCore
internal import TesseraData

extension LoRAAdapter {
  /// Writes the adapter as PEFT does: `adapter_config.json` and `adapter_model.safetensors`.
  ///
  /// Modules have the names that transformers 4.57 has in memory: PEFT loads them under 4.57 and under 5.x. The
  /// directory is written aside and renamed.
  ///
  /// - Parameters:
  ///   - model: the model's config.
  ///   - base: the model's directory, for PEFT's `base_model_name_or_path`; nil for nothing.
  ///   - replaces: whether an adapter that has the name is replaced; otherwise that is an error.
  ///   - syncs: whether the disk is waited for before the directory gets its name.
  /// - Throws: `invalidArgument` where something else has the name, `unsupported` for tensors of float64, `io`. Nothing
  ///   is left aside.
  public func write(
    _ model: LlavaConfig, to path: String, base: String? = nil, replaces: Bool = false, syncs: Bool = true
  ) throws {
    let settings = PEFTConfig.json(try config.portable(model, layers), base: base)
    let directory = try NewDirectory(
      path, replaces: replaces,
      kind: NewDirectory.Kind("an adapter's", mark: PEFTConfig.name))
    do {
      try writeWeights("\(directory.part)/\(Self.weights)", syncs: syncs)
      try AtomicFile.write(settings, to: "\(directory.part)/\(PEFTConfig.name)", sync: syncs)
      try directory.finish()
    } catch {
      directory.abandon()
      throw error
    }
  }

  private func writeWeights(_ path: String, syncs: Bool) throws {
    let layout = AdapterLayout.candidates[0]
    // Where a layer has an adapter, PEFT's names put the layer itself one deeper.
    let frozen = replaced.map { spec, tensor in
      let module = String(spec.name.dropLast(".weight".count))
      let name = self[module] == nil ? spec.name : "\(module).base_layer.weight"
      return (spec: ParameterSpec(name: name, shape: spec.shape, part: spec.part), tensor: tensor)
    }
    let tensors = try (all + frozen).map { spec, tensor in
      guard let type = tensor.type.dataType, type.isFloatingPoint else {
        throw TesseraError(
          .unsupported(format: "safetensors", feature: "\(tensor.type.rawValue) of '\(spec.name)'"))
      }
      return (name: AdapterLayout.wrapper + layout.name(of: spec.name), type: type, tensor: tensor)
    }.sorted { $0.name < $1.name }
    var header = SafetensorsHeader()
    header.metadata = ["format": "pt"]
    for item in tensors { header.append(item.name, shape: item.tensor.shape, dataType: item.type) }
    let file = try NewFile(path)
    try header.encoded().withUnsafeBytes { try file.write($0) }
    for item in tensors { try item.tensor.withBytes { try file.write($0) } }
    try file.close(sync: syncs)
  }
}

extension LoRAConfig {
  /// Settings that mean the same layers, ranks and scales under the names of both transformers: our own where they do.
  ///
  /// An expression for one of them may name nothing of the other's tower.
  fileprivate func portable(_ model: LlavaConfig, _ layers: [LoRALayer]) throws -> LoRAConfig {
    func means(_ config: LoRAConfig, _ layout: CheckpointLayout) -> [LoRATarget]? {
      do {
        let found = try config.targets(of: model, layout: layout)
        let isSame = zip(found, layers).allSatisfy {
          ($0.module.name, $0.rank, $0.scale) == ($1.name, $1.rank, $1.scale)
        }
        return isSame && found.count == layers.count ? found : nil
      } catch { return nil }  // What names nothing under a layout means something else there.
    }
    func holds(_ config: LoRAConfig) -> Bool {
      [.llavaMemory4, .llavaMemory5].allSatisfy { means(config, $0) != nil }
    }
    let isOurs = if case .parts = targets.choice { true } else { false }
    if !isOurs, holds(self) { return self }
    guard let found = AdapterLayout.candidates.lazy.compactMap({ means(self, $0) }).first else {
      throw TesseraError(
        .invalidInput(
          operation: "writing an adapter", expected: "the model that it was made for", got: "another"))
    }
    var result = self
    result.targets = .pattern(LoRATargets.expression(found.map(\.module)))
    if !holds(result) { result.targets = .pattern(LoRATargets.spelledOut(found.map(\.module))) }
    if !holds(result) {
      func spelled<Value>(_ values: [(LinearModule, Value)], but standard: Value) -> [Override<Value>] {
        values.filter { $0.1 != standard }.map { Override(LoRATargets.spelledOut([$0.0]), $0.1) }
      }
      result.rankPattern = spelled(found.map { ($0.module, $0.rank) }, but: rank)
      result.alphaPattern = spelled(found.map { ($0.module, $0.alpha) }, but: alpha)
    }
    return result
  }
}
