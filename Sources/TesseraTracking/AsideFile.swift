private import Foundation
internal import TesseraCore

/// Writes files so that a reader sees the whole file or none: aside first, then renamed.
enum AsideFile {
  /// What the names of unfinished files end in.
  static let suffix = ".tessera-part"

  /// Writes the file `path`, replacing an older one.
  ///
  /// - Parameter body: appends its bytes.
  /// - Throws: `io` with the path; what `body` throws. The older file is as it was then, and nothing is left aside.
  static func write(_ path: String, _ body: (AppendFile) throws -> Void) throws {
    let part = path + suffix
    do {
      // What a run that was killed left, or a link that somebody put there: never written to.
      if unlink(part) != 0 && errno != ENOENT { throw AppendFile.lastError("create", path) }
      let file = try AppendFile(part, isNew: true)
      try body(file)
      try file.sync()
      try file.close()
      guard rename(part, path) == 0 else { throw AppendFile.lastError("rename", path) }
    } catch {
      unlink(part)
      guard var error = error as? TesseraError, error.path == part else { throw error }
      error.path = path
      throw error
    }
  }

  // MARK: folders

  /// Makes a folder and those above it; one that exists is fine.
  static func makeFolder(_ path: String) throws {
    if path.isEmpty || mkdir(path, 0o777) == 0 || isFolder(path) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw AppendFile.lastError("make the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o777) == 0 || isFolder(path) else {
      throw AppendFile.lastError("make the folder", path)
    }
  }

  /// Leaves `errno` as it is.
  private static func isFolder(_ path: String) -> Bool {
    let saved = errno
    defer { errno = saved }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, in no order; without those that are not UTF-8.
  static func names(in folder: String) throws -> [String] {
    var opened = opendir(folder)
    while opened == nil && errno == EINTR { opened = opendir(folder) }
    guard let stream = opened else { throw AppendFile.lastError("list", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw AppendFile.lastError("list", folder) }
        return names
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if let text = String(validating: name, as: UTF8.self) { names.append(text) }
    }
  }
}
