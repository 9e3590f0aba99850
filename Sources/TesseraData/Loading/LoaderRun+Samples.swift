internal import TesseraCore

extension LoaderRun {
  /// What becomes of a slot: its sample, another in its place, or a failure.
  func row(_ slot: Slot, _ times: inout StageTimes) -> BatchAssembly.Row {
    do {
      return .loaded(try load(slot.key, slot, slot.streamed, &times))
    } catch {
      return failed(slot, TesseraError.of(error), &times)
    }
  }

  private func load(
    _ key: SampleKey, _ slot: Slot, _ streamed: Result<Sample, TesseraError>?, _ times: inout StageTimes
  ) throws -> LoadedSample {
    let sample = try times.measure(.read) { try streamed?.get() ?? self.sample(key) }
    return try settings.loader.load(sample, key: key, slot: slot.number, times: &times) {
      slot.assembly.target(slot: slot.number, $0)
    }
  }

  private func sample(_ key: SampleKey) throws -> Sample {
    guard case .order(let dataset, _, _) = settings.source else {
      preconditionFailure("a stream's samples come with their slots")
    }
    guard key.index >= 0, key.index < dataset.count else {
      throw TesseraError(
        .invalidInput(
          operation: "the loader", expected: "an order of 0..<\(dataset.count), the dataset's samples",
          got: "\(key.index)"), index: key.index, stage: .list)
    }
    do { return try dataset.sample(at: key.index) } catch {
      throw TesseraError.of(error).with(index: key.index, stage: .read)
    }
  }

  private func failed(_ slot: Slot, _ error: TesseraError, _ times: inout StageTimes) -> BatchAssembly.Row {
    var failure = SampleFailure(
      position: slot.assembly.position, slot: slot.number, index: slot.key.index, name: error.path ?? "",
      stage: error.stage ?? .read, reason: error.reason.description)
    if settings.policy.kind == .substitute, let loaded = substitute(slot, &times) {
      failure.substitute = loaded.key.index
      return .substituted(loaded, failure)
    }
    return .failed(failure, error.with(index: slot.key.index))
  }

  /// The first of ten other samples that can be loaded; which ones are tried hangs on the bad sample alone.
  private func substitute(_ slot: Slot, _ times: inout StageTimes) -> LoadedSample? {
    guard case .order(let dataset, _, _) = settings.source else { return nil }
    // No step of a pipeline has so high a number.
    var random = slot.key.random(seed: settings.loader.seed, epoch: settings.loader.epoch).operation(.max)
    for _ in 0..<10 {
      let index = random.integer(in: 0...dataset.count - 1)
      // A visit of its own, so that its augmentations are not those of its regular place.
      let key = SampleKey(index, visit: random.next64() | 1, isPadding: slot.key.isPadding)
      if index != slot.key.index, let loaded = try? load(key, slot, nil, &times) { return loaded }
    }
    return nil
  }
}
