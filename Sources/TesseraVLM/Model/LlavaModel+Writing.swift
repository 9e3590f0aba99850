internal import TesseraCore
internal import TesseraData

extension LlavaModel {
  /// Writes the model as a Hugging Face directory, each weight in its own type.
  ///
  /// - Throws: `invalidInput` for a model with an adapter, which would be lost: merge it
  ///   (`CheckpointWriter.write(_:merging:to:)`). What the writer throws.
  public func write(
    to path: String, sideFiles: SideFiles = SideFiles(), writer: CheckpointWriter = CheckpointWriter()
  ) throws {
    guard adapter == nil else {
      throw TesseraError(
        .invalidInput(
          operation: "writing a model", expected: "one without an adapter, or to merge it", got: "an adapter"),
        path: path)
    }
    let parameters = parameters
    try writer.write(
      config, to: path, types: { parameters[$0.name]?.type.dataType ?? .float32 }, sideFiles: sideFiles
    ) { spec, body in
      guard let tensor = parameters[spec.name] else {
        throw TesseraError(
          .invalidInput(operation: "writing the model", expected: "'\(spec.name)'", got: "no such parameter"))
      }
      let plain = try AnyTensor(sharing: tensor)
      try plain.withUnsafeBytes { try body(plain.dataType, $0) }
    }
  }

  /// Writes what was trained: the model, or one with an adapter with that worked in.
  ///
  /// - Parameter base: the directory that an adapter was trained on.
  /// - Throws: `invalidInput` for an adapter without its directory; what the writer throws.
  func export(to path: String, sideFiles: SideFiles, base: Checkpoint?) throws {
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    guard let adapter else { return try write(to: path, sideFiles: sideFiles, writer: writer) }
    guard let base else { throw Self.noBase("exporting a model with an adapter") }
    try writer.write(base, merging: adapter, to: path)
  }

  /// Writes the adapter alone, as PEFT does.
  ///
  /// - Throws: `invalidInput` for a model without one; what the adapter's writer throws.
  func exportAdapter(to path: String, base: Checkpoint?) throws {
    guard let adapter, let base else { throw Self.noBase("exporting an adapter") }
    try adapter.write(config, to: path, base: base.path, replaces: true)
  }

  private static func noBase(_ operation: String) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: operation, expected: "an adapter and the directory that it is for", got: "none"))
  }
}
