private import Foundation
internal import TesseraCore

extension RecipeRun {
  /// An error that came of a full disk says what to do, and where the run goes on; others are as they were.
  ///
  /// Nothing is lost: files are written aside and renamed, the log takes a torn line back, and the checkpoint before
  /// stays until the next one is whole.
  func advised(_ error: TesseraError) -> TesseraError {
    guard case .io(let operation, let code, let message) = error.reason,
      [ENOSPC, EDQUOT, EFBIG].contains(code)
    else { return error }
    let cure = code == EFBIG ? "lift the limit on the size of files" : "make room there"
    let advised = TesseraError.Reason.io(
      operation: operation, code: code,
      message: "\(message); \(cure) and give the same command again: \(whereItGoesOn)")
    return TesseraError(advised, path: error.path, index: error.index, stage: error.stage)
  }

  /// After which checkpoint, as words.
  private var whereItGoesOn: String {
    do {
      for (number, stage) in recipe.stages.enumerated() {
        let run = StageRun(self, stage, number: number, model: "")
        if try run.finished() != nil { continue }
        let store = CheckpointStore("\(run.folder)/checkpoints", keep: 1)
        guard let checkpoint = try store.newest({ _ in }) else {
          return "\(stage.name) begins anew, it has no checkpoint yet"
        }
        return "it goes on after step \(checkpoint.state.step) of \(stage.name)"
      }
      return "all stages are done, the report is left"
    } catch { return "it goes on where it can (\(error))" }
  }
}
