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
    guard FileIO.isFolder(folder) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
      name.hasPrefix(Self.prefix) ? Int(name.dropFirst(Self.prefix.count)) : nil
    }.sorted(by: >)
  }

  /// The newest whole checkpoint; torn ones are told and passed over.
  func newest(_ say: (String) -> Void) throws -> TrainingCheckpoint? {
    let steps = try steps()
    for step in steps {
      do { return try TrainingCheckpoint(path(step)) } catch let error as TesseraError {
        say("\(error); it is passed over")
      }
    }
    if !steps.isEmpty { say("no checkpoint is whole: the training begins at step 1 again") }
    return nil
  }

  /// Removes all but the newest and the best.
  func prune(best: Int?) throws {
    for step in try steps().dropFirst(keep) where step != best { try FileIO.removeAll(path(step)) }
  }

  /// Removes what lies beyond a step, such as what a torn newer checkpoint left.
  func cut(after step: Int) throws {
    for later in try steps() where later > step { try FileIO.removeAll(path(later)) }
  }
}
