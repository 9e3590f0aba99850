internal import TesseraCore
internal import TesseraData

/// Reads the files that Debian's packages bring.
enum EmojiSource {
  /// The system's number for a file that is not there.
  private static let noEntry: Int32 = 2

  /// A file's bytes.
  ///
  /// - Throws: `io`; for a file that is not there it says which package has it.
  static func read(_ path: String, limit: Int, package: String) throws -> [UInt8] {
    do { return try FileIO.read(path, limit: limit, isRegular: true) } catch let error as TesseraError {
      guard case .io(let operation, Self.noEntry, let message) = error.reason else { throw error }
      throw TesseraError(
        .io(operation: operation, code: noEntry, message: "\(message); Debian has it: \(package)"), path: path
      )
    }
  }
}
