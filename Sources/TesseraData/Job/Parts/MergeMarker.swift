private import Foundation
internal import TesseraCore

/// `merge.json`: stands from the moment when a merge has written its results until it has removed the parts.
struct MergeMarker: Codable, Equatable {
  static let name = "merge.json"

  /// SHA-256 of the results.
  var manifest: String
  var errors: String

  func write(in folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try AtomicFile.write(Array(try encoder.encode(self)), to: folder + "/" + Self.name, sync: true)
  }

  /// Reads the marker; nil if no merge was interrupted.
  static func read(in folder: String) throws -> MergeMarker? {
    let path = folder + "/" + name
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    do { return try JSONDecoder().decode(MergeMarker.self, from: Data(try FileIO.read(path))) } catch {
      throw TesseraError(.corrupt(format: name, detail: "it is not a merge's marker"), path: path)
    }
  }
}
