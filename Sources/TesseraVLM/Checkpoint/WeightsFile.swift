internal import TesseraCore
internal import TesseraData

/// A safetensors file of weights, mapped: opening reads its header and nothing else.
///
/// The head is checked before any tensor is looked at (see `SafetensorsTable`), every type must be one of the
/// format's, and every byte of the file must belong to something.
public struct WeightsFile: Sendable {
  public let path: String
  /// In the order of their places.
  public let weights: [StoredWeight]
  public let metadata: [String: String]

  /// - Throws: `io`, `truncated`, `limitExceeded`, `corrupt`, `unsupported` for an element type that the format does
  ///   not know.
  public init(_ path: String) throws {
    self.path = path
    do {
      let file = try MappedFile(path)
      let table = try SafetensorsTable(file)
      metadata = table.metadata
      weights = try table.entries.map { entry in
        guard let type = entry.type else {
          throw TesseraError(
            .unsupported(format: "safetensors", feature: "type \(entry.code) of '\(entry.name)'"))
        }
        return StoredWeight(entry, type: type, file: file, dataStart: table.dataStart)
      }
    } catch let error as TesseraError {
      throw error.with(path: path, stage: .header)
    }
  }
}
