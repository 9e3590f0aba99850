internal import TesseraCore
internal import TesseraData

extension CorpusProblem {
  /// The problem that reading a sample ran into.
  init(reading error: any Error, file: String, index: Int) {
    let fact = error as? TesseraError
    let kind = fact.map { Kind(of: $0.reason) } ?? .unreadableRecord
    self.init(kind, .error, file: file, index: index, Self.words(error, without: file))
  }

  /// The problem that reading a picture ran into.
  init(picture error: any Error, file: String, index: Int) {
    var kind = Kind.corruptPicture
    // 2 is ENOENT.
    if let fact = error as? TesseraError, case .io(_, code: 2, _) = fact.reason { kind = .missingPicture }
    self.init(kind, .error, file: file, index: index, Self.words(error, without: file))
  }

  /// The error's words; the file that the problem names anyway is left out.
  private static func words(_ error: any Error, without file: String) -> String {
    guard var fact = error as? TesseraError else { return "\(error)" }
    if fact.path == file { fact.path = nil }
    (fact.index, fact.stage) = (nil, nil)
    return "\(fact)"
  }
}

extension CorpusProblem.Kind {
  /// Told from the facts of the datasets' errors; their words are pinned by tests.
  init(of reason: TesseraError.Reason) {
    guard case .corrupt(let format, let detail) = reason else {
      self = .unreadableRecord
      return
    }
    if detail.contains("a caption without a picture") {
      self = .captionWithoutPicture
    } else if detail.contains("a picture without a caption") {
      self = .pictureWithoutCaption
    } else if detail.contains("times \(ImageMarks.mark) in its turns") {
      self = .imageMarks
    } else if format.hasSuffix("the conversation") {
      self = .wrongTurns
    } else if format.hasSuffix("the document") {
      self =
        detail.hasPrefix("it is empty") || detail.hasPrefix("it has nothing") ? .emptyText : .unreadableRecord
    } else {
      self = .unreadableRecord
    }
  }
}
