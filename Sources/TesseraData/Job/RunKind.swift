private import Foundation
internal import TesseraCore

/// Which command's `run.json` a folder has.
enum RunKind: String {
  case preprocess, pack, stats

  /// Nil for bytes that are none of this version's records.
  init?(_ bytes: [UInt8]) {
    let (decoder, data) = (JSONDecoder(), Data(bytes))
    func isRecord<T: Decodable>(_ type: T.Type) -> Bool {
      // Whatever is wrong with it: it is not that record.
      (try? decoder.decode(type, from: data)) != nil
    }
    if isRecord(RunRecord.self) {
      self = .preprocess
    } else if isRecord(PackRecord.self) {
      self = .pack
    } else if isRecord(StatsRecord.self) {
      self = .stats
    } else {
      return nil
    }
  }

  /// The error for a `run.json` that is not this command's.
  func refusal(_ bytes: [UInt8], in folder: String) -> TesseraError {
    guard let other = RunKind(bytes) else { return Self.damaged(in: folder) }
    return TesseraError(
      .invalidArgument(
        name: "the destination", expected: "a new folder, or one of tessera \(rawValue)",
        got: "one of tessera \(other.rawValue)"),
      path: folder)
  }

  /// The error for a `run.json` that is no command's.
  static func damaged(in folder: String) -> TesseraError {
    TesseraError(
      .corrupt(
        format: RunRecord.name,
        detail:
          "it is damaged, or of another version, and it alone tells how the folder's results were made: "
          + "move them away and begin again"),
      path: folder + "/" + RunRecord.name)
  }
}
