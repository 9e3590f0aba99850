import Foundation

/// A path in the temporary folder that nobody else uses.
func temporaryPath(_ suffix: String = "") -> String {
  FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)\(suffix)")
    .path(percentEncoded: false)
}

func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(filePath: path))
}

func remove(_ path: String) { unlink(path) }
