public import TesseraCore
internal import TesseraData

/// Writes a model directory in transformers 4.57's layout: config, weights, and the files beside them. Of a whole model,
/// or of a decoder alone.
///
/// Weights stream: one tensor at a time is asked for, and converted in pieces of a megabyte. The directory is written
/// aside and renamed.
public struct CheckpointWriter: Sendable {
  /// Files of weights are closed before they grow over so many bytes (5 GB, as transformers).
  public var shardLimit = 5_000_000_000
  /// Whether a model directory that has the name is replaced; otherwise that is an error.
  public var replacesExisting = false
  /// Whether the disk is waited for before the directory gets its name.
  public var syncs = true

  public init() {}

  /// Gives a parameter's elements: call `body` once, with their type and all of their bytes.
  public typealias Source = (
    _ parameter: ParameterSpec, _ body: (DataType, UnsafeRawBufferPointer) throws -> Void
  ) throws -> Void

  /// Writes a directory.
  ///
  /// - Parameters:
  ///   - dataType: what the weights are stored as: float32, float16 or bfloat16.
  ///   - extra: parameters besides the config's, such as a reward model's `score.weight`.
  ///   - sideFiles: the files beside config and weights.
  ///   - source: gives the elements.
  /// - Throws: `invalidArgument`, `invalidInput` if the source gives another number of bytes, `io`, what `source`
  ///   throws. Nothing is left aside.
  public func write(
    _ config: LlavaConfig, to path: String, dataType: DataType, extra: [ParameterSpec] = [],
    sideFiles: SideFiles = SideFiles(), source: Source
  ) throws {
    try write(
      Contents(config, extra, sideFiles), to: path, types: { _ in dataType }, mainType: dataType, source)
  }

  /// Writes a directory in which every tensor has a type of its own (the source's, where nothing is converted).
  public func write(
    _ config: LlavaConfig, to path: String, types: (ParameterSpec) -> DataType, extra: [ParameterSpec] = [],
    sideFiles: SideFiles = SideFiles(), source: Source
  ) throws {
    try write(Contents(config, extra, sideFiles), to: path, types: types, source)
  }

  /// Writes a directory of a decoder alone, as transformers' class for its kind reads it.
  ///
  /// - Parameters: as of a whole model's.
  /// - Throws: as for a whole model.
  public func write(
    _ config: TextConfig, to path: String, types: (ParameterSpec) -> DataType, extra: [ParameterSpec] = [],
    sideFiles: SideFiles = SideFiles(), source: Source
  ) throws {
    try write(Contents(config, .object([]), extra, sideFiles), to: path, types: types, source)
  }

  func write(
    _ contents: Contents, to path: String, types: (ParameterSpec) -> DataType, _ source: Source
  ) throws {
    // What most parameters are.
    let counts = contents.specs.reduce(into: [DataType: Int]()) { $0[types($1), default: 0] += $1.count }
    let main = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .float32
    try write(contents, to: path, types: types, mainType: main, source)
  }

  private func write(
    _ contents: Contents, to path: String, types: (ParameterSpec) -> DataType, mainType: DataType,
    _ source: Source
  ) throws {
    let tensors = contents.all.map {
      ShardPlan.Tensor(spec: $0, storedName: contents.storedName($0), dataType: types($0))
    }
    if let other = tensors.first(where: { !$0.dataType.isFloatingPoint }) {
      throw TesseraError(
        .invalidArgument(
          name: "the type of '\(other.spec.name)'", expected: "float32, float16 or bfloat16",
          got: other.dataType.rawValue))
    }
    guard shardLimit > 0 else {
      throw TesseraError(
        .invalidArgument(name: "the largest file", expected: "at least one byte", got: "\(shardLimit)"))
    }
    let files = try contents.files()
    let directory = try NewDirectory(
      path, replaces: replacesExisting, kind: NewDirectory.Kind("a model's", mark: "config.json"))
    do {
      let plan = ShardPlan(tensors, limit: shardLimit)
      for file in plan.files { try write(file.tensors, to: "\(directory.part)/\(file.name)", source) }
      if let index = plan.index {
        try put(Array(index.pythonText().utf8), "\(directory.part)/\(WeightsDirectory.index)")
      }
      for (name, bytes) in files { try put(bytes, "\(directory.part)/\(name)") }
      try put(contents.config(mainType.rawValue), "\(directory.part)/config.json")
      try directory.finish()
    } catch {
      directory.abandon()
      throw error
    }
  }

  private func put(_ bytes: [UInt8], _ path: String) throws {
    try AtomicFile.write(bytes, to: path, sync: syncs)
  }

  private func write(_ tensors: [ShardPlan.Tensor], to path: String, _ source: Source) throws {
    var header = SafetensorsHeader()
    header.metadata = ["format": "pt"]
    for tensor in tensors {
      header.append(tensor.storedName, shape: tensor.spec.shape, dataType: tensor.dataType)
    }
    let file = try NewFile(path)
    try header.encoded().withUnsafeBytes { try file.write($0) }
    for tensor in tensors {
      var calls = 0
      try source(tensor.spec) { type, bytes in
        calls += 1
        guard type.isFloatingPoint, bytes.count == tensor.spec.count * type.byteCount, calls == 1 else {
          throw TesseraError(
            .invalidInput(
              operation: "writing '\(tensor.spec.name)'",
              expected: "\(tensor.spec.count) floating-point numbers, once",
              got: "\(bytes.count) bytes of \(type.rawValue), call \(calls)"))
        }
        try WeightConversion.convert(bytes, from: type, to: tensor.dataType) { try file.write($0) }
      }
      guard calls == 1 else {
        throw TesseraError(
          .invalidInput(operation: "writing '\(tensor.spec.name)'", expected: "its elements", got: "nothing"))
      }
    }
    try file.close(sync: syncs)
  }
}

extension Checkpoint {
  /// A source for `CheckpointWriter` that gives this directory's weights, without a copy.
  public var source: CheckpointWriter.Source {
    { spec, body in
      guard let weight = self[spec.name], let type = weight.type.dataType else {
        throw TesseraError(
          .invalidInput(operation: "copying weights", expected: "'\(spec.name)'", got: "no such tensor"),
          path: path)
      }
      try weight.withBytes { try body(type, $0) }
    }
  }
}
