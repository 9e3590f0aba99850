private import Foundation
internal import TesseraCore
internal import TesseraData

/// The checkpoints of a run, by step.
struct CheckpointStore {
  let folder: String
  /// How many of the newest are kept; the best is kept besides.
  let keep: Int

  init(_ folder: String, keep: Int) {
    (self.folder, self.keep) = (folder, keep)
  }

  private static let prefix = "step-"

  func path(_ step: Int) -> String {
    let digits = String(step)
    return "\(folder)/\(Self.prefix)\(String(repeating: "0", count: max(0, 7 - digits.count)))\(digits)"
  }

  /// The steps that have a checkpoint, the newest first.
  func steps() throws -> [Int] {
    guard try FileIO.isFolderThere(folder) else { return [] }
    return try FileIO.names(in: folder).compactMap { name in
      name.hasPrefix(Self.prefix) ? Int(name.dropFirst(Self.prefix.count)) : nil
    }.sorted(by: >)
  }

  /// The newest whole checkpoint; torn ones are told and passed over.
  func newest(_ say: (String) -> Void) throws -> TrainingCheckpoint? {
    let steps = try steps()
    for step in steps {
      do { return try TrainingCheckpoint(path(step)) } catch let error as TesseraError {
        try refuse(error, path(step))
        say("\(error); it is passed over")
      }
    }
    if !steps.isEmpty { say("no checkpoint is whole: the training begins at step 1 again") }
    return nil
  }

  /// Throws where a checkpoint cannot be read rather than is torn: what lies beyond the one that is gone on from is
  /// removed, and a disk that fails for a moment must not cost the newest.
  private func refuse(_ error: TesseraError, _ path: String) throws {
    guard case .io(let operation, let code, let message) = error.reason,
      ![ENOENT, ENOTDIR, EISDIR, EINVAL].contains(code)
    else { return }
    throw TesseraError(
      .io(
        operation: operation, code: code,
        message: "\(message) (if that stays so, remove the checkpoint: the one before it is gone on from)"),
      path: error.path ?? path)
  }

  /// Removes all but the newest and the best.
  func prune(best: Int?) throws {
    for step in try steps().dropFirst(keep) where step != best { try remove(step) }
    try sweep()
  }

  /// Removes what lies beyond a step, such as what a torn newer checkpoint left.
  func cut(after step: Int) throws {
    for later in try steps() where later > step { try remove(later) }
    try sweep()
  }

  /// Removes what a run that ended while it removed checkpoints has left.
  private func sweep() throws {
    guard try FileIO.isFolderThere(folder) else { return }
    for name in try FileIO.names(in: folder) where name.hasSuffix(Self.goingSuffix) {
      try FileIO.removeAll("\(folder)/\(name)")
    }
  }

  /// What the names of checkpoints end in that are being removed.
  private static let goingSuffix = ".tessera-old"

  /// A checkpoint loses its name first: one that is half removed would pass for a torn one.
  private func remove(_ step: Int) throws {
    let going = path(step) + Self.goingSuffix
    try FileIO.removeAll(going)
    try FileIO.rename(path(step), to: going)
    try FileIO.removeAll(going)
  }
}
