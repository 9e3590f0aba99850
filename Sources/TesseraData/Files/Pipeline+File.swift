internal import TesseraCore
public import TesseraTransforms

extension Pipeline {
  /// Reads a pipeline from a file: YAML, JSON, text, or a Hugging Face `preprocessor_config.json`.
  ///
  /// What the file holds is told from its first signs, not from its name: JSON with the key `pipeline` or a
  /// list is a pipeline, other JSON objects are a processor's configuration; a text without lines that look
  /// like YAML is a pipeline's text.
  ///
  /// - Throws: `io`, `invalidPipeline` with the path, line and column.
  public init(contentsOf path: String) throws {
    do {
      guard let text = String(validating: try FileIO.read(path, limit: 1 << 24), as: UTF8.self) else {
        throw TesseraError(.corrupt(format: "the pipeline", detail: "it is not UTF-8"))
      }
      self = try Self.reading(text)
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  private static func reading(_ text: String) throws -> Pipeline {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
    let first = lines.first { !$0.isEmpty && !$0.hasPrefix("#") } ?? ""
    if first.hasPrefix("{") {
      return text.contains("\"pipeline\"") ? try Pipeline(json: text) : try Pipeline(huggingFace: text)
    }
    if first.hasPrefix("[") { return try Pipeline(json: text) }
    if first.hasPrefix("- ") || first.hasPrefix("pipeline:") { return try Pipeline(yaml: text) }
    return try Pipeline(text: text)
  }
}
