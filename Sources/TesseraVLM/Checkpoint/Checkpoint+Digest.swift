internal import TesseraCore
internal import TesseraData

extension Checkpoint {
  /// A line for each file of a model's directory that decides what the model says: its name and a SHA-256. Weights, config,
  /// tokenizer, template, the processing of pictures.
  ///
  /// - Throws: `io`.
  static func contents(of directory: String) throws -> [String] {
    let names = try FileIO.names(in: directory)
    let kinds = [".safetensors", ".json", ".jinja", ".txt", ".model"]
    return try names.sorted().filter { name in kinds.contains { name.hasSuffix($0) } }.map { name in
      "\(name): \(try Digest.file("\(directory)/\(name)"))"
    }
  }

  /// What tells a directory's weights from another training's without reading them whole: a digest of names, shapes,
  /// types, and of both ends of each tensor.
  ///
  /// - Throws: `truncated` for a file that was cut short meanwhile.
  func sampledDigest() throws -> String {
    var digest = Digest()
    for parameter in parameters {
      digest.update(parameter.spec.name)
      digest.update("\(parameter.weight.type.rawValue) \(parameter.weight.shape)")
      try parameter.weight.withBytes { bytes in
        digest.update(Array(bytes.prefix(64)))
        digest.update(Array(bytes.suffix(64)))
      }
    }
    return digest.hex()
  }
}
