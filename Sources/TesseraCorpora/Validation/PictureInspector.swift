internal import TesseraCodecs
internal import TesseraCore
internal import TesseraData

/// Looks at pictures; one file that many samples show is looked at once.
final class PictureInspector: Sendable {
  typealias Finding = Result<SampleFacts.Picture, any Error>

  private let decodes: Bool
  private let known = Guarded<[String: Finding]>([:])

  /// - Parameter decodes: whether pictures are decoded to their end; else their headers are read.
  init(decodes: Bool) { self.decodes = decodes }

  func inspect(_ source: PictureSource) -> Finding {
    guard case .file(let path) = source else { return Result { try look(at: source) } }
    if let finding = known.withLock({ $0[path] }) { return finding }
    let finding = Result { try look(at: source) }
    known.withLock { $0[path] = finding }
    return finding
  }

  private func look(at source: PictureSource) throws -> SampleFacts.Picture {
    do {
      var digest = Digest()
      guard let bytes = try source.encodedBytes() else {
        // Decoded already: pixels are the content.
        digest.update(source)
        return SampleFacts.Picture(digest: ContentDigest(digest), size: Self.size(source), bytes: 0)
      }
      let header = try ImageHeader(bytes: bytes)
      if decodes { _ = try ImageDecoder().decode(bytes) }
      digest.update(bytes)
      return SampleFacts.Picture(digest: ContentDigest(digest), size: header.size, bytes: bytes.count)
    } catch let error as TesseraError { throw error.with(path: source.name) }
  }

  private static func size(_ source: PictureSource) -> Size {
    switch source {
    case .image(let image, _): image.size
    case .tensor(let tensor, _):
      Size(width: tensor.shape.last ?? 0, height: tensor.shape.dropLast().last ?? 0)
    default: Size(width: 0, height: 0)
    }
  }
}
