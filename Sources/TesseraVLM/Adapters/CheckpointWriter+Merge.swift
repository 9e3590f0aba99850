public import TesseraCore

extension CheckpointWriter {
  /// Writes a model with an adapter worked into its weights: W + s·BA, and the adapter's saved modules in their places.
  ///
  /// One weight at a time is computed, in float32, and rounded once. The new directory is one of a model like any
  /// other: nothing in it tells of the adapter.
  ///
  /// - Parameter dataType: what the weights are stored as; nil for each tensor's own type (untouched ones keep their
  ///   bytes).
  /// - Throws: `invalidInput` for a directory of a part alone, or an adapter with a layer that it does not have; what
  ///   `write` throws.
  public func write(
    _ checkpoint: Checkpoint, merging adapter: LoRAAdapter, to path: String, dataType: DataType? = nil
  ) throws {
    let names = Set(checkpoint.parameters.map(\.spec.name))
    if let layer = adapter.layers.first(where: { !names.contains("\($0.name).weight") }) {
      throw TesseraError(
        .invalidInput(
          operation: "merging an adapter", expected: "layers of this model", got: "'\(layer.name)'"),
        path: checkpoint.path)
    }
    let standIns = Dictionary((adapter.saved + adapter.replaced).map { ($0.spec.name, $0.tensor) }) {
      first, _ in first
    }
    try write(checkpoint, to: path, dataType: dataType) { spec, body in
      let module = spec.name.hasSuffix(".weight") ? String(spec.name.dropLast(".weight".count)) : ""
      guard let layer = adapter[module], let weight = checkpoint[spec.name] else {
        guard let tensor = standIns[spec.name] else { return try checkpoint.source(spec, body) }
        return try Self.give(tensor, body)
      }
      let merged = try noGrad {
        let delta = layer.delta.to(.float32, device: .cpu)
        let own = try standIns[spec.name] ?? TorchTensor(mapping: weight)
        return own.to(.float32, device: .cpu) + delta
      }
      try Self.give(merged, body)
    }
  }

  /// A tensor as a source gives it: what has no type of the loader's as float32.
  private static func give(
    _ tensor: TorchTensor, _ body: (DataType, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let plain = tensor.type.dataType == nil ? tensor.to(.float32) : tensor
    guard let type = plain.type.dataType else { preconditionFailure("float32 is a type of the loader's") }
    try plain.withBytes { try body(type, $0) }
  }
}
