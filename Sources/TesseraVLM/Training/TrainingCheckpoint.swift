internal import TesseraCore
internal import TesseraData

/// A folder with the state of a run after a step: weights, moments, and everything else.
///
/// It is written aside, flushed and renamed; what it holds is listed with digests, so that a torn one is known.
public struct TrainingCheckpoint: Sendable {
  public let path: String
  public let state: TrainingState

  static let weightsName = "weights.safetensors"
  static let momentsName = "moments.safetensors"
  static let stateName = "state.json"

  /// Opens a checkpoint and checks that it is whole.
  ///
  /// - Throws: `io`, `corrupt` for a file whose digest is not the one that was written down.
  public init(_ path: String) throws {
    self.path = path
    state = try TrainingState.read("\(path)/\(Self.stateName)")
    guard state.files.keys.contains(Self.weightsName), state.files.keys.contains(Self.momentsName) else {
      throw TesseraError(.corrupt(format: "a checkpoint", detail: "its state names no weights"), path: path)
    }
    for (name, digest) in state.files.sorted(by: { $0.key < $1.key }) {
      guard try Digest.file("\(path)/\(name)") == digest else {
        throw TesseraError(
          .corrupt(format: "a checkpoint", detail: "\(name) is not what was written"), path: path)
      }
    }
  }

  /// SHA-256 of weights, moments and the whole state: equal for two runs that did the same.
  public var digest: String {
    var digest = Digest()
    for (name, hex) in state.files.sorted(by: { $0.key < $1.key }) {
      digest.update(name)
      digest.update(hex)
    }
    digest.update(state.step)
    digest.update(state.skippedSteps)
    digest.update(state.position)
    for (name, step) in state.parameterSteps.sorted(by: { $0.key < $1.key }) {
      digest.update(name)
      digest.update(step)
    }
    return digest.hex()
  }

  // MARK: writing

  /// Writes a checkpoint.
  ///
  /// - Parameter moments: what the optimiser remembers, one a parameter.
  /// - Throws: `io` (a full disk, say): then nothing has the name, and what was there before is as it was.
  static func write<Task>(
    _ trainer: Trainer<Task>, _ moments: [AdamW.Moments?], _ state: TrainingState, to path: String
  ) throws -> TrainingCheckpoint {
    let remembered = moments
    let part = path + AtomicFile.partSuffix
    try FileIO.removeAll(part)
    try FileIO.makeNewFolder(part)
    do {
      var state = state
      var (weights, moments): ([String: AnyTensor], [String: AnyTensor]) = ([:], [:])
      for (parameter, moment) in zip(trainer.parameters, remembered) {
        weights[parameter.name] = try AnyTensor(sharing: parameter.tensor)
        guard let moment else { continue }
        moments["first.\(parameter.name)"] = try AnyTensor(sharing: moment.first)
        moments["second.\(parameter.name)"] = try AnyTensor(sharing: moment.second)
        state.parameterSteps[parameter.name] = moment.step
      }
      for (name, tensors) in [(weightsName, weights), (momentsName, moments)] {
        try SafetensorsFile.write(tensors, metadata: ["format": "pt"], to: "\(part)/\(name)", sync: true)
        state.files[name] = try Digest.file("\(part)/\(name)")
      }
      try AtomicFile.write(state.encoded(), to: "\(part)/\(stateName)", sync: true)
      try FileIO.exchange(part, for: path)
      return TrainingCheckpoint(path: path, state: state)
    } catch {
      // What is left aside is removed; that it cannot be changes nothing about the first error.
      do { try FileIO.removeAll(part) } catch {}
      throw error
    }
  }

  private init(path: String, state: TrainingState) { (self.path, self.state) = (path, state) }

  // MARK: reading

  /// Brings a trainer to this state: weights, moments, steps, the data's place.
  ///
  /// - Throws: `invalidInput` where the parameters are others; what the task throws.
  func restore<Task>(_ trainer: Trainer<Task>) throws {
    let weights = try SafetensorsFile("\(path)/\(Self.weightsName)")
    let moments = try SafetensorsFile("\(path)/\(Self.momentsName)")
    var restored: [AdamW.Moments?] = []
    for (place, parameter) in trainer.parameters.enumerated() {
      let device = parameter.tensor.device
      let weight = try tensor(parameter.name, in: weights, as: parameter)
      noGrad { _ = parameter.tensor.copy(from: weight) }
      guard let step = state.parameterSteps[parameter.name], trainer.remembers(place) else {
        restored.append(nil)
        continue
      }
      func moment(_ kind: String) throws -> TorchTensor {
        // Memory of its own: the optimiser writes to it.
        try tensor("\(kind).\(parameter.name)", in: moments, as: parameter).clone().to(device: device)
      }
      restored.append(.init(step: step, first: try moment("first"), second: try moment("second")))
    }
    guard weights.header.entries.count == trainer.parameters.count else {
      throw mismatch("\(trainer.parameters.count) parameters", "\(weights.header.entries.count)")
    }
    try trainer.optimizer.restore(restored)
    try trainer.task.restore(state.position)
    trainer.completedSteps = state.step
    trainer.skippedSteps = state.skippedSteps
  }

  /// Brings parameters to this state, and nothing else.
  ///
  /// - Throws: `invalidInput` where the parameters are others.
  func restoreWeights(_ parameters: [NamedParameter]) throws {
    let weights = try SafetensorsFile("\(path)/\(Self.weightsName)")
    for parameter in parameters {
      let weight = try tensor(parameter.name, in: weights, as: parameter)
      noGrad { _ = parameter.tensor.copy(from: weight) }
    }
  }

  private func tensor(_ name: String, in file: SafetensorsFile, as parameter: NamedParameter) throws
    -> TorchTensor
  {
    guard let entry = file.header[name] else { throw mismatch("'\(name)'", "no such tensor") }
    guard entry.shape == parameter.tensor.shape, TorchType(entry.dataType) == parameter.tensor.type else {
      throw mismatch("\(parameter.tensor) for '\(name)'", "\(entry.shape) of \(entry.dataType.rawValue)")
    }
    return TorchTensor(sharing: try file.tensor(name))
  }

  private func mismatch(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(
      .invalidInput(operation: "going on from the checkpoint", expected: expected, got: got), path: path)
  }
}
