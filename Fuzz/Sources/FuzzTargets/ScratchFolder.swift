private import Foundation

/// A folder for readers that want a file. One for the process; its files are written again and again.
enum ScratchFolder {
  static let path: String = {
    let folder = FileManager.default.temporaryDirectory.path + "/tessera-fuzz-\(getpid())"
    // Where it cannot be made, writing to it says so; what is left of it at the end harms nobody.
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: ScratchFolder.path) }
    return folder
  }()

  /// Writes a file anew.
  ///
  /// - Returns: its path.
  static func write(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> String {
    let path = path + "/" + name
    guard let file = fopen(path, "wb") else { throw BrokenPromise(description: "cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
      throw BrokenPromise(description: "cannot write \(path)")
    }
    return path
  }

  /// The size and the time of change (nanoseconds since 1970) of a file.
  static func stamp(_ path: String) -> (size: Int, modified: Int) {
    var status = stat()
    stat(path, &status)
    return (Int(status.st_size), Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec))
  }

  static func remove(_ path: String) { unlink(path) }
}
