private import Foundation
internal import TesseraCore

extension RunReport {
  /// Writes the page as a file: aside first, then renamed, so that an older report stays until the new one is whole.
  ///
  /// - Throws: `io` with the path; nothing is left aside.
  public func write(to path: String) throws {
    let part = path + ".tessera-part"
    do {
      if unlink(part) != 0 && errno != ENOENT { throw AppendFile.lastError("create", path) }
      let file = try AppendFile(part, isNew: true)
      try file.append(Array(html().utf8))
      try file.sync()
      try file.close()
      guard rename(part, path) == 0 else { throw AppendFile.lastError("rename", path) }
    } catch {
      unlink(part)
      guard var error = error as? TesseraError else { throw error }
      error.path = path
      throw error
    }
  }
}
