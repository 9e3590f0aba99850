/// One thing that is wrong with a data set: where, what, and what to do.
public struct CorpusProblem: Sendable, Hashable {
  /// Whether training stumbles over it.
  public enum Severity: String, Sendable, Hashable, Codable {
    /// The sample cannot be trained on.
    case error
    /// It can, but perhaps should not.
    case warning
  }

  /// What is wrong.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case unreadableSet = "unreadable-set"
    case emptySet = "empty-set"
    case unreadableRecord = "unreadable-record"
    case missingPicture = "missing-picture"
    case corruptPicture = "corrupt-picture"
    case captionWithoutPicture = "caption-without-picture"
    case pictureWithoutCaption = "picture-without-caption"
    case wrongTurns = "wrong-turns"
    case emptyAnswer = "empty-answer"
    case emptyText = "empty-text"
    case imageMarks = "image-marks"
    case specialToken = "special-token"
    case duplicate
    case overlap
  }

  public var kind: Kind
  public var severity: Severity
  /// The source's path.
  public var file: String
  /// The sample's number in it, from 0 on; nil for what concerns all of it.
  public var index: Int?
  /// What was found.
  public var what: String

  public init(_ kind: Kind, _ severity: Severity, file: String, index: Int? = nil, _ what: String) {
    self.kind = kind
    self.severity = severity
    self.file = file
    self.index = index
    self.what = what
  }

  /// What to do about it.
  public var advice: String { kind.advice }
}

extension CorpusProblem.Kind {
  /// What to do about it.
  public var advice: String {
    switch self {
    case .unreadableSet: "check the path and the format"
    case .emptySet: "check the path, the range and the limit"
    case .unreadableRecord: "mend the record or leave it out"
    case .missingPicture: "check the folder at which paths start (--images), or leave the record out"
    case .corruptPicture: "fetch the picture again, or leave the record out"
    case .captionWithoutPicture: "name the picture, or give the text as a set of text alone ('text')"
    case .pictureWithoutCaption: "give it a caption, or leave the record out"
    case .wrongTurns: "let question and answer follow each other, a system text only before them"
    case .emptyAnswer: "give the answer words, or leave the record out: it teaches to say nothing"
    case .emptyText: "leave the record out"
    case .imageMarks: "write <image> in a question once for each picture of the record"
    case .specialToken: "change the text: nobody can say a token of the tokenizer's own"
    case .duplicate: "leave one of them out, unless it is meant to count twice"
    case .overlap: "take these samples out of one of the two sets: what was trained on proves nothing"
    }
  }
}
