internal import TesseraCore
internal import TesseraData

extension Checkpoint {
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
