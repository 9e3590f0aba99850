internal import TesseraCore
internal import TesseraTransforms

/// One batch while threads fill its slots.
///
/// Pictures of one shape are written straight into the batch's memory, each into its slot's row. What comes out
/// does not depend on which thread was first: rows that lie in place are taken as they are only if all rows of
/// the batch agree with the first of them; else every row is judged again in the order of the slots.
final class BatchAssembly: Sendable {
  /// What became of a slot.
  enum Row: Sendable {
    case loaded(LoadedSample)
    case failed(SampleFailure, TesseraError)
    /// Another sample stands in.
    case substituted(LoadedSample, SampleFailure)
  }

  private struct State {
    var rows: [Row?]
    /// Slots that will come; nil while a stream may still bring more.
    var expected: Int?
    var done = 0
    /// Memory for all rows, and what each row holds.
    var memory: BatchMemory?
    var isBeyondBound = false
  }

  let position: BatchPosition
  private let capacity: Int
  private let pool: BatchPool?
  private let state: Guarded<State>

  /// - Parameters:
  ///   - capacity: the most slots.
  ///   - isOpen: whether the number of slots is not yet known (`close` tells it).
  ///   - pool: where memory for rows in place comes from; nil where every picture stays a value of its own.
  init(position: BatchPosition, capacity: Int, isOpen: Bool, pool: BatchPool?) {
    self.position = position
    self.capacity = capacity
    self.pool = pool
    state = Guarded(State(rows: Array(repeating: nil, count: capacity), expected: isOpen ? nil : capacity))
  }

  /// Memory for a slot's picture, or nil if it is not of the batch's shape.
  func target(slot: Int, _ info: TensorInfo) -> UnsafeMutableRawPointer? {
    guard let pool else { return nil }
    return state.withLock { state in
      if state.memory == nil {
        let (block, isBeyond) = pool.block(info.byteCount * capacity)
        state.memory = BatchMemory(info: info, block: block)
        state.isBeyondBound = isBeyond
      }
      guard let memory = state.memory, memory.info == info else { return nil }
      return memory.block.base + slot * info.byteCount
    }
  }

  /// Notes what became of a slot; whether all slots are done now.
  func put(_ row: Row, slot: Int) -> Bool {
    state.withLock { state in
      state.rows[slot] = row
      state.done += 1
      return state.done == state.expected
    }
  }

  /// Says that no more slots will come; whether all are done.
  func close(slots: Int) -> Bool {
    state.withLock { state in
      state.expected = slots
      return state.done == slots
    }
  }

  /// Whether the batch's memory had to be made beyond the pool's bound.
  var isBeyondBound: Bool { state.withLock { $0.isBeyondBound } }

  /// Makes the batch of the rows, holes left out.
  ///
  /// - Parameter stops: whether a failure is the end (policy `stop`).
  /// - Throws: the failure of the lowest slot if `stops`; what the collator throws.
  func collate(with collator: any Collator, isChannelsLast: Bool, stops: Bool) throws -> Batch {
    // The rows leave the assembly, so that the batch becomes their memory's only holder.
    let (rows, memory, slots) = state.withLock { state in
      defer { (state.rows, state.memory) = ([], nil) }
      return (state.rows, state.memory, state.expected ?? 0)
    }
    let judged = Judgement(
      rows: rows.compactMap { $0 }, memory: memory, position: position,
      needsEqualShapes: collator.needsEqualShapes)
    if stops, let error = judged.errors.first { throw error }
    var batch = Batch(
      position: position, slotCount: slots, judged.samples, failures: judged.failures)
    batch.isChannelsLast = isChannelsLast
    batch.stackTensors(of: judged.samples)
    if judged.samples.isEmpty { return batch }
    if let memory, judged.isInPlace {
      batch.images = memory.rows(batch.slots)
    } else {
      try collator.collate(judged.samples, into: &batch)
    }
    return batch
  }
}

/// Memory for the rows of a batch: the row of slot *s* starts at *s* times a row's bytes.
private struct BatchMemory: Sendable {
  var info: TensorInfo
  var block: MemoryBlock

  /// The rows of some slots, moved together where there are holes.
  func rows(_ slots: [Int]) -> AnyTensor {
    let size = info.byteCount
    for (row, slot) in slots.enumerated() where row != slot {
      // Slots rise, so a row only ever moves towards the start, over rows that have moved already.
      (block.base + row * size).copyMemory(from: block.base + slot * size, byteCount: size)
    }
    return AnyTensor(shape: [slots.count] + info.shape, dataType: info.dataType, block: block)
  }
}

/// The rows of a batch, sorted into those that stay and those that fail.
private struct Judgement {
  var samples: [LoadedSample] = []
  var failures: [SampleFailure] = []
  /// The failures' errors, in the order of the slots.
  var errors: [TesseraError] = []
  /// Whether every row lies in the batch's memory already.
  var isInPlace = false

  init(
    rows: [BatchAssembly.Row], memory: BatchMemory?, position: BatchPosition,
    needsEqualShapes: Bool
  ) {
    var first: LoadedSample?
    for row in rows {
      switch row {
      case .failed(let failure, let error):
        failures.append(failure)
        errors.append(error)
      case .loaded(let sample), .substituted(let sample, _):
        if case .substituted(_, let failure) = row { failures.append(failure) }
        let reference = first ?? sample
        if needsEqualShapes, let error = sample.mismatch(with: reference) {
          failures.append(SampleFailure(error, at: position, sample))
          errors.append(error)
        } else {
          first = reference
          samples.append(sample)
        }
      }
    }
    if samples.allSatisfy({ $0.inPlace != nil && $0.inPlace == first?.inPlace }) {
      isInPlace = true
    } else if let memory {
      // The shapes differ, so pictures that lie in place become values of their own again.
      samples = samples.map { $0.takenOut(of: memory.block) }
    }
  }
}

extension LoadedSample {
  /// Shape and type of the first picture.
  private var firstInfo: TensorInfo? { inPlace ?? pictures.first.map(Self.info) }

  /// Shape and type of the first picture that is not as `wanted`.
  private func firstOther(than wanted: TensorInfo) -> TensorInfo? {
    if let inPlace { return inPlace == wanted ? nil : inPlace }
    return pictures.lazy.map(Self.info).first { $0 != wanted }
  }

  private static func info(_ picture: AnyTensor) -> TensorInfo {
    TensorInfo(shape: picture.shape, dataType: picture.dataType)
  }

  /// Why this sample cannot be stacked with the first of its batch; nil if it can.
  fileprivate func mismatch(with first: LoadedSample) -> TesseraError? {
    func fault(_ what: String, _ expected: String, _ got: String) -> TesseraError {
      TesseraError(
        .invalidInput(operation: "stacking \(what)", expected: expected, got: got),
        path: place.isEmpty ? nil : place, index: key.index, stage: .collate)
    }
    // Samples may have several pictures or none; each must be as the first picture of the batch.
    if let wanted = first.firstInfo, let other = firstOther(than: wanted) {
      return fault(
        "pictures",
        "\(wanted.shape) \(wanted.dataType.rawValue), as the batch's first (or the pad or list collator)",
        "\(other.shape) \(other.dataType.rawValue)")
    }
    for (name, tensor) in first.tensors {
      guard let mine = tensors[name] else { return fault("'\(name)'", "\(tensor.shape)", "none") }
      if mine.shape != tensor.shape || mine.dataType != tensor.dataType {
        return fault(
          "'\(name)'", "\(tensor.shape) \(tensor.dataType.rawValue)",
          "\(mine.shape) \(mine.dataType.rawValue)")
      }
    }
    return nil
  }

  /// The sample with its picture as a value.
  fileprivate func takenOut(of block: MemoryBlock) -> LoadedSample {
    guard let info = inPlace else { return self }
    var sample = self
    sample.inPlace = nil
    let own = MemoryBlock(byteCount: info.byteCount)
    own.base.copyMemory(from: block.base + slot * info.byteCount, byteCount: info.byteCount)
    sample.pictures = [AnyTensor(shape: info.shape, dataType: info.dataType, block: own)]
    return sample
  }
}

extension SampleFailure {
  /// The failure of a sample that was loaded but does not fit.
  fileprivate init(_ error: TesseraError, at position: BatchPosition, _ sample: LoadedSample) {
    self.init(
      position: position, slot: sample.slot, index: sample.key.index, name: sample.place,
      stage: error.stage ?? .collate, reason: error.reason.description)
  }
}

extension Batch {
  /// Stacks the samples' arrays of one name; arrays of unequal shapes are kept one by one.
  fileprivate mutating func stackTensors(of samples: [LoadedSample]) {
    guard let first = samples.first else { return }
    for (name, tensor) in first.tensors {
      let all = samples.compactMap { $0.tensors[name] }
      let isEqual = all.allSatisfy { $0.shape == tensor.shape && $0.dataType == tensor.dataType }
      if all.count == samples.count, isEqual, let stacked = try? AnyTensor.stack(all) {
        tensors[name] = stacked
      } else {
        raggedTensors[name] = all
      }
    }
  }
}
