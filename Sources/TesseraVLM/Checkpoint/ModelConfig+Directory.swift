internal import TesseraData

extension ModelConfig {
  /// Reads the `config.json` of a directory, and nothing else of it.
  ///
  /// - Throws: `io`; what `init(json:file:)` throws.
  public init(directory: String) throws {
    let file = "\(directory)/config.json"
    try self.init(json: FileIO.read(file, limit: 16 << 20, isRegular: true), file: file)
  }
}
