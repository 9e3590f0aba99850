/// Where in the way from a file to a tensor something went wrong.
public enum Stage: String, Sendable, Hashable, Codable {
  case list, read, header, decode, transform, tensor, collate, encode, write
}

/// Everything Tessera throws: the fact, and where it happened.
///
/// The place that finds a fact throws it bare; each layer above adds what it knows (path, index, stage).
public struct TesseraError: Error, Sendable, Equatable {
  public var reason: Reason
  /// The file, as the caller named it; a URL without its query, which may hold a signature.
  public var path: String? {
    didSet { path = path.map(RemoteName.shown) }
  }
  /// The sample's index in its dataset.
  public var index: Int?
  public var stage: Stage?

  public init(_ reason: Reason, path: String? = nil, index: Int? = nil, stage: Stage? = nil) {
    self.reason = reason
    self.path = path.map(RemoteName.shown)
    self.index = index
    self.stage = stage
  }

  /// What was found.
  public enum Reason: Sendable, Equatable {
    /// The data ends early. `unit` says what is counted ("bytes", "rows").
    case truncated(format: String, expected: Int?, got: Int, unit: String)
    /// The data breaks its format's rules.
    case corrupt(format: String, detail: String)
    /// A valid kind of data that Tessera does not read.
    case unsupported(format: String, feature: String)
    /// The first bytes belong to no known format.
    case unknownFormat(firstBytes: [UInt8])
    /// A size over the caller's limit.
    case limitExceeded(what: String, limit: Int, found: Int)
    /// An operation got a picture or tensor that it cannot work on.
    case invalidInput(operation: String, expected: String, got: String)
    /// A wrong argument of a transform or an option.
    case invalidArgument(name: String, expected: String, got: String)
    /// A pipeline's text, YAML or JSON that cannot be read; line and column count from 1.
    case invalidPipeline(message: String, line: Int, column: Int, excerpt: String)
    /// A file of settings that cannot be read; line and column count from 1.
    case invalidSettings(message: String, line: Int, column: Int)
    /// The system refused a file operation.
    case io(operation: String, code: Int32, message: String)
    /// A server did not give what was asked of it.
    case remote(RemoteFault)
    /// No memory for a buffer of so many bytes.
    case outOfMemory(bytes: Int)
  }

  /// The same error with `path`, `index` and `stage` filled in where they are still unknown.
  public func with(path: String? = nil, index: Int? = nil, stage: Stage? = nil) -> TesseraError {
    TesseraError(
      reason, path: self.path ?? path, index: self.index ?? index, stage: self.stage ?? stage)
  }
}

extension TesseraError.Reason: CustomStringConvertible {
  /// A sentence without anything that a terminal would obey: what files say is written out (`\u{1B}`). Some have lines: a
  /// pipeline's excerpt, a list of parameters.
  public var description: String { sentence.printableLines }

  private var sentence: String {
    switch self {
    case .truncated(let format, let expected?, let got, let unit):
      "\(format) ends after \(got) of \(expected) \(unit)"
    case .truncated(let format, nil, let got, let unit): "\(format) ends early, after \(got) \(unit)"
    case .corrupt(let format, let detail): "\(format) is corrupt: \(detail)"
    case .unsupported(let format, let feature): "\(format): \(feature) is not supported"
    case .unknownFormat(let bytes):
      bytes.isEmpty
        ? "the file is empty"
        : "not a known picture format (first bytes: \(bytes.map(Self.hex).joined(separator: " ")))"
    case .limitExceeded(let what, let limit, let found): "\(what): \(found) is over the limit of \(limit)"
    case .invalidInput(let operation, let expected, let got): "\(operation) needs \(expected), got \(got)"
    case .invalidArgument(let name, let expected, let got): "\(name) must be \(expected), got \(got)"
    case .invalidPipeline(let message, let line, let column, let excerpt):
      "pipeline, line \(line), column \(column): \(message)" + (excerpt.isEmpty ? "" : "\n\(excerpt)")
    case .invalidSettings(let message, let line, let column): "line \(line), column \(column): \(message)"
    case .io(let operation, _, let message): "\(operation): \(message)"
    case .remote(let fault): fault.description
    case .outOfMemory(let bytes): "no memory for \(bytes) bytes"
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count < 2 ? "0" + digits : digits
  }
}

extension TesseraError: CustomStringConvertible {
  /// `photos/cat/7.jpg (sample 812, decode): JPEG ends after 4096 of 18220 bytes`; of a name nothing that a terminal would
  /// obey.
  public var description: String {
    let place = [index.map { "sample \($0)" }, stage?.rawValue].compactMap { $0 }.joined(separator: ", ")
    var text = path?.printable ?? ""
    if !place.isEmpty { text += text.isEmpty ? place : " (\(place))" }
    return text.isEmpty ? reason.description : "\(text): \(reason)"
  }
}
