private import Foundation
internal import TesseraCore

/// Names and folders: making, listing, renaming, removing.
extension FileIO {
  /// Makes a folder and those above it; one that exists is fine.
  package static func makeFolder(_ path: String) throws {
    if path.isEmpty || mkdir(path, 0o777) == 0 { return }
    let code = errno
    if code != ENOENT, try isFolderThere(path) { return }
    errno = code
    guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw lastError("make the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o777) == 0 || isFolder(path) else { throw lastError("make the folder", path) }
  }

  /// Makes a folder that was not there, and those above it: one that exists, or a link, is an error.
  package static func makeNewFolder(_ path: String) throws {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]))
    }
    guard mkdir(path, 0o777) == 0 else { throw lastError("make the folder", path) }
  }

  /// The names in a folder, in no order; without those that are not UTF-8.
  ///
  /// - Throws: `io`.
  package static func names(in folder: String) throws -> [String] {
    guard let stream = openFolder({ opendir(folder) }) else { throw lastError("open", folder) }
    defer { closedir(stream) }
    return try entries(of: stream, folder).compactMap { String(validating: $0.name, as: UTF8.self) }
  }

  /// Tries to open a folder again where a signal cut it off.
  static func openFolder(_ call: () -> OpaquePointer?) -> OpaquePointer? {
    while true {
      let stream = call()
      if stream != nil || errno != EINTR { return stream }
    }
  }

  /// What an open folder has, without itself and the one above; `type` is the system's `DT_…`.
  static func entries(of stream: OpaquePointer, _ path: String) throws -> [(name: [UInt8], type: UInt8)] {
    var entries: [(name: [UInt8], type: UInt8)] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw lastError("list", path) }
        return entries
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [UInt8(ascii: ".")] && name != Array("..".utf8) {
        entries.append((name, entry.pointee.d_type))
      }
    }
  }

  // MARK: names

  /// Gives a file or folder another name; a file that has it goes.
  ///
  /// - Throws: `io` with the new name.
  package static func rename(_ from: String, to path: String) throws {
    guard Foundation.rename(from, path) == 0 else { throw lastError("rename", path) }
  }

  /// Gives a file or folder another name, and waits until the disk knows it.
  ///
  /// - Throws: `io`. Where only the waiting failed, it has the new name.
  package static func move(_ from: String, to path: String) throws {
    try rename(from, to: path)
    try flushFolder(of: path)
  }

  /// Gives a folder that was filled aside its name; one that has the name is put aside until then, and goes.
  ///
  /// - Throws: `io`. Either folder has the name then, whole.
  package static func exchange(_ part: String, for path: String) throws {
    // The names of its files, before its own.
    try flushFolder(part)
    guard try exists(path) else { return try move(part, to: path) }
    let old = path + ".tessera-old"
    try removeAll(old)
    try rename(path, to: old)
    do { try rename(part, to: path) } catch {
      try rename(old, to: path)
      throw error
    }
    try flushFolder(of: path)
    try removeAll(old)
  }

  /// Waits until the disk knows the name of a file or folder.
  static func flushFolder(of path: String) throws {
    let parent = (path as NSString).deletingLastPathComponent
    try flushFolder(parent.isEmpty ? "." : parent)
  }

  /// Waits until the disk knows the names in a folder.
  package static func flushFolder(_ path: String) throws {
    let folder = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard folder >= 0 else {
      // A folder may be written to and not be read: then nobody can wait for it.
      if errno == EACCES { return }
      throw lastError("flush the folder", path)
    }
    defer { close(folder) }
    // Some file systems cannot flush a folder: the names stand all the same.
    if uninterrupted({ fsync(folder) }) != 0 && ![EINVAL, ENOTSUP, EBADF, EROFS].contains(errno) {
      throw lastError("flush the folder", path)
    }
  }

  // MARK: removing

  /// Removes a file; one that is not there is fine. Of a link, the link.
  package static func remove(_ path: String) throws {
    if unlink(path) != 0 && errno != ENOENT { throw lastError("remove", path) }
  }

  /// Removes a file or a folder with all that is in it; what is not there is no error. Links are not followed.
  package static func removeAll(_ path: String) throws { try removeAll(Array(path.utf8), in: AT_FDCWD, path) }

  /// - Parameters:
  ///   - name: below `folder`.
  ///   - path: what errors call it.
  private static func removeAll(_ name: [UInt8], in folder: Int32, _ path: String) throws {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    if unlinkat(folder, name, 0) == 0 || errno == ENOENT || errno == ENOTDIR { return }
    let code = errno
    // Linux says EISDIR of a folder, others EPERM.
    guard code == EISDIR || code == EPERM else { throw lastError("remove", path) }
    let opened = uninterrupted {
      openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard opened >= 0 else {
      if errno == ENOTDIR { errno = code }
      throw lastError("remove", path)
    }
    guard let stream = fdopendir(opened) else {
      let error = lastError("remove", path)
      close(opened)
      throw error
    }
    defer { closedir(stream) }
    for entry in try entries(of: stream, path) {
      try removeAll(entry.name, in: opened, path + "/" + String(decoding: entry.name, as: UTF8.self))
    }
    if unlinkat(folder, name, AT_REMOVEDIR) != 0 && errno != ENOENT { throw lastError("remove", path) }
  }
}
