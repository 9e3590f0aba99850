internal import TesseraCore
internal import TesseraData

extension DirectoryJoin {
  /// A source for `CheckpointWriter`: the towers' tensors without a copy, new ones made when they are asked for.
  public var source: CheckpointWriter.Source {
    { spec, body in
      switch spec.part {
      case .vision: try vision.source(spec, body)
      case .projector:
        let values = projectorValues(spec)
        try values.withUnsafeBytes { try body(.float32, $0) }
      case .language, .head:
        guard config.text.vocabularySize > keptRows, spec.shape.first == config.text.vocabularySize,
          spec.name == ExpectedParameters.embedding || spec.name == ExpectedParameters.head
        else { return try language.source(spec, body) }
        try withGrownRows(spec, body)
      }
    }
  }

  /// Biases 0, weights normal with the decoder's `initializer_range`; each tensor has its own stream of numbers.
  private func projectorValues(_ spec: ParameterSpec) -> [Float] {
    guard spec.shape.count > 1 else { return Array(repeating: 0, count: spec.count) }
    let index = newParameters.firstIndex { $0.name == spec.name } ?? 0
    var random = RandomStream(seed: seed, operation: UInt32(index))
    let range = config.text.initializerRange
    return (0..<spec.count).map { _ in Float(random.normal() * range) }
  }

  /// The rows that were there as they are, then their mean for each new one.
  private func withGrownRows(
    _ spec: ParameterSpec, _ body: (DataType, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let old = ParameterSpec(name: spec.name, shape: [keptRows, spec.shape[1]], part: spec.part)
    try language.source(old) { type, bytes in
      let row = spec.shape[1] * type.byteCount
      let mean = try Self.meanRow(bytes, type, columns: spec.shape[1])
      let block = MemoryBlock(byteCount: spec.shape[0] * row)
      block.mutableBytes.copyBytes(from: bytes)
      for index in keptRows..<spec.shape[0] {
        UnsafeMutableRawBufferPointer(rebasing: block.mutableBytes[(index * row)..<((index + 1) * row)])
          .copyBytes(from: mean)
      }
      try body(type, block.bytes)
    }
  }

  /// The mean of all rows, summed in double, in the rows' own type.
  static func meanRow(_ bytes: UnsafeRawBufferPointer, _ type: DataType, columns: Int) throws -> [UInt8] {
    var sums = [Double](repeating: 0, count: columns)
    let rows = bytes.count / (columns * type.byteCount)
    var column = 0
    try WeightConversion.convert(bytes, from: type, to: .float32) { part in
      for value in part.bindMemory(to: Float.self) {
        sums[column] += Double(value)
        column = column + 1 == columns ? 0 : column + 1
      }
    }
    let mean = sums.map { Float($0 / Double(max(rows, 1))) }
    var result: [UInt8] = []
    try mean.withUnsafeBytes { mean in
      try WeightConversion.convert(mean, from: .float32, to: type) { result += $0 }
    }
    return result
  }
}
