public import Foundation

/// A folder of its own for a test; gone when the test lets go of it.
public final class TemporaryFolder {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "tessera-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file below the folder, with the folders it needs.
  public func write(_ bytes: [UInt8], _ name: String) throws {
    let url = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  public func write(_ text: String, _ name: String) throws { try write(Array(text.utf8), name) }

  /// All files below a folder by their names, with their bytes.
  public static func contents(_ path: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    guard let all = FileManager.default.enumerator(atPath: path) else { return found }
    for case let name as String in all {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue { found[name] = try Data(contentsOf: URL(filePath: "\(path)/\(name)")) }
    }
    return found
  }

  /// The lines of a text file below the folder.
  public func lines(_ name: String) throws -> [String] {
    let text = try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }
}
