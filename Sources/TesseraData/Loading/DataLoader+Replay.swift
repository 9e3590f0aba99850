internal import TesseraCore
public import TesseraTransforms

/// One sample of a batch made again, with what chance decided for it.
public struct SampleReplay: Sendable {
  public var key: SampleKey
  /// The sample's name: a path, a member, a line.
  public var name: String
  public var label: Int?
  /// What was drawn for each picture: operations with every number fixed.
  public var draws: [Draw]
  /// What came out for each picture.
  public var outputs: [PipelineOutput]
}

extension DataLoader {
  /// Which samples a batch holds, slot by slot; nothing is loaded.
  ///
  /// - Throws: `invalidArgument` if there is no such batch, or the loader reads a stream.
  public func keys(at position: BatchPosition) throws -> [SampleKey] {
    guard let order = try batchOrder(position.epoch) else {
      throw TesseraError(
        .invalidArgument(name: "the loader", expected: "one of a dataset", got: "one of a stream"))
    }
    guard position.batch < order.count else {
      throw TesseraError(
        .invalidArgument(name: "the position", expected: "a batch below \(order.count)", got: "\(position)"))
    }
    return order[position.batch]
  }

  /// Makes the sample in one slot of a batch again, operation after operation, and tells what was drawn.
  ///
  /// - Throws: `invalidArgument` if there is no such batch or slot; the sample's own error.
  public func replay(_ position: BatchPosition, slot: Int) throws -> SampleReplay {
    let keys = try keys(at: position)
    guard keys.indices.contains(slot) else {
      throw TesseraError(
        .invalidArgument(name: "the slot", expected: "0...\(keys.count - 1)", got: "\(slot)"))
    }
    let key = keys[slot]
    guard let dataset = origin.dataset, key.index >= 0, key.index < dataset.count else {
      throw TesseraError(
        .invalidInput(operation: "replay", expected: "an order of the dataset's samples", got: "\(key.index)")
      )
    }
    let sample = try dataset.sample(at: key.index)
    let loader = SampleLoader(seed: seed, epoch: UInt64(position.epoch), layout: layout, isFused: false)
    let results = try loader.replay(sample, key: key)
    return SampleReplay(
      key: key, name: sample.name, label: sample.label, draws: results.map(\.draw),
      outputs: results.map(\.output))
  }
}
