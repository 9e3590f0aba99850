private import Foundation
internal import TesseraCore

/// What has come of a part of an object, over all requests for it; and what each answer means for the next.
final class PartTransfer: HTTPConnection.Receiver {
  /// What an answer leads to.
  enum Step {
    case done
    /// The server gave less than was asked, and said so: ask for the rest.
    case more
    /// Once more, after a while.
    case again(RemoteFault.Kind, detail: String, retryAfter: Double?)
    case refused(RemoteFault.Kind, detail: String)
  }

  private enum Body { case part(end: Int), whole, fault }

  /// What is asked for; the object may end before.
  private let wanted: Range<Int>
  /// The object as it must be; nil until the first answer.
  private(set) var version: RemoteVersion?
  private(set) var bytes: [UInt8] = []
  /// Takes the object where the server gives no parts; nil where that is not wanted yet.
  private let whole: WholeObject?
  private(set) var isWhole = false
  /// Bytes of the object that came, those included that came twice.
  private(set) var received = 0
  /// When to stop, even if bytes come.
  private let deadline: ContinuousClock.Instant
  private var body: Body?
  private var verdict: Step?
  private var faultText: [UInt8] = []
  /// Called with the seconds since the last byte, or since the request, about once each while nothing comes.
  var onSilence: (Duration) -> Void = { _ in }
  private var heard = (bytes: 0, at: ContinuousClock.now)

  init(
    _ wanted: Range<Int>, version: RemoteVersion?, whole: WholeObject?, deadline: ContinuousClock.Instant
  ) {
    self.wanted = wanted
    self.version = version
    self.whole = whole
    self.deadline = deadline
  }

  /// What to ask for next.
  var missing: Range<Int> { wanted.lowerBound + bytes.count..<end }

  /// The bytes of the whole part as far as that is known.
  var size: Int { max(end - wanted.lowerBound, 0) }

  /// Where the part ends as far as that is known.
  private var end: Int { min(wanted.upperBound, version?.size ?? wanted.upperBound) }

  /// A request begins.
  func begin() { heard = (received, .now) }

  func tick() {
    if received != heard.bytes { return begin() }
    onSilence(heard.at.duration(to: .now))
  }

  func receive(_ part: UnsafeRawBufferPointer, of response: HTTPResponse) -> Bool {
    if body == nil { body = begin(response) }
    switch body {
    case .part(let end):
      let room = end - wanted.lowerBound - bytes.count
      guard part.count <= room else {
        verdict = .again(.length, detail: "more bytes came than the part has", retryAfter: nil)
        return false
      }
      bytes.append(contentsOf: part)
      received += part.count
      // A server that drips must not keep a sample for ever.
      return ContinuousClock.now < deadline
    case .whole:
      received += part.count
      return whole?.append(part) ?? false
    case .fault:
      faultText += part.prefix(2048 - faultText.count)
      return faultText.count < 2048
    case nil: return false
    }
  }

  /// What the answer leads to, now that it has ended; ready for the next one.
  func finish(_ response: HTTPResponse) -> Step {
    defer { (body, verdict, faultText) = (nil, nil, []) }
    if body == nil, response.status != 0, response.end == .complete || response.end == .cut {
      body = begin(response)
    }
    if let verdict { return verdict }
    switch body {
    case .part:
      if missing.isEmpty { return .done }
      if response.end == .complete { return .more }
    case .whole:
      if whole == nil || whole?.isComplete == true { return .done }
      if response.end == .stopped {
        return .again(.length, detail: "more bytes came than the server told", retryAfter: nil)
      }
    case .fault: return step(status: response)
    case nil: break
    }
    return step(end: response)
  }

  // MARK: heads

  /// Looks at an answer before its body is taken; nil, with a verdict, where nothing of it is wanted.
  private func begin(_ response: HTTPResponse) -> Body? {
    switch response.status {
    case 206: return part(response)
    case 200: return wholeObject(response)
    // Nothing can be asked of an empty object.
    case 416 where response.total == 0 && version == nil && wanted.lowerBound == 0:
      version = response.version
      verdict = .done
      return nil
    case 416:
      if let found = response.version, let version, let difference = version.difference(from: found) {
        verdict = .refused(.changed, detail: difference)
        return nil
      }
      return .fault
    default: return .fault
    }
  }

  private func part(_ response: HTTPResponse) -> Body? {
    guard let found = admitted(response) else { return nil }
    guard let range = response.range else {
      verdict = .refused(.badResponse, detail: "a part that does not say which")
      return nil
    }
    guard range.lowerBound == missing.lowerBound, range.upperBound <= min(wanted.upperBound, found.size)
    else {
      verdict = .again(
        .length,
        detail: "asked for bytes \(missing.lowerBound) to \(missing.upperBound - 1), got "
          + "\(range.lowerBound) to \(range.upperBound - 1)", retryAfter: nil)
      return nil
    }
    guard response.length == nil || response.length == range.count else {
      verdict = .again(
        .length, detail: "a part of \(range.count) bytes comes as \(response.length ?? 0)", retryAfter: nil)
      return nil
    }
    if bytes.isEmpty { bytes.reserveCapacity(end - wanted.lowerBound) }
    return .part(end: range.upperBound)
  }

  private func wholeObject(_ response: HTTPResponse) -> Body? {
    guard let found = admitted(response) else { return nil }
    isWhole = true
    guard let whole else {
      verdict = .done
      return nil
    }
    guard found.size <= whole.limit else {
      verdict = .refused(
        .noRanges,
        detail: "its \(found.size) bytes would come at once, over the limit of \(whole.limit) (the cache)")
      return nil
    }
    whole.begin(found)
    return .whole
  }

  /// The version of an answer with bytes, if they are those of the object that was opened.
  private func admitted(_ response: HTTPResponse) -> RemoteVersion? {
    guard !response.isEncoded else {
      verdict = .refused(.badResponse, detail: "it is compressed (Content-Encoding)")
      return nil
    }
    guard let found = response.version else {
      verdict = .refused(.badResponse, detail: "it does not tell the object's length")
      return nil
    }
    if let version, let difference = version.difference(from: found) {
      verdict = .refused(.changed, detail: difference)
      return nil
    }
    if version == nil { version = found }
    return version
  }

  // MARK: ends

  private func step(status response: HTTPResponse) -> Step {
    let code = Self.code(in: faultText)
    switch response.status {
    case 408, 429, 500, 502, 503, 504:
      return .again(.status(response.status), detail: code, retryAfter: response.retryAfter)
    default: return .refused(.status(response.status), detail: code)
    }
  }

  private func step(end response: HTTPResponse) -> Step {
    let words = response.message
    let got = "\(bytes.count) of \(end - wanted.lowerBound) bytes came"
    switch response.end {
    case .unreachable: return .again(.unreachable, detail: words, retryAfter: nil)
    case .timedOut: return .again(.timedOut, detail: got, retryAfter: nil)
    // The receiver stops where time is up.
    case .stopped: return .again(.timedOut, detail: got, retryAfter: nil)
    case .complete, .cut, .failed: return .again(.cut, detail: isWhole ? words : got, retryAfter: nil)
    case .badResponse, .noMemory: return .again(.badResponse, detail: words, retryAfter: nil)
    case .certificate: return .refused(.certificate, detail: words)
    case .redirect: return .refused(.redirect, detail: words)
    case .badURL: return .refused(.badResponse, detail: "libcurl finds no URL in it")
    }
  }

  /// The word by which S3 and its like say what is wrong. No more of their text is used: it may quote the signature.
  private static func code(in text: [UInt8]) -> String {
    guard let start = text.firstRange(of: Array("<Code>".utf8)) else { return "" }
    let word = text[start.upperBound...].prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
    guard word.count <= 64, text[word.endIndex...].first == UInt8(ascii: "<") else { return "" }
    return String(decoding: word, as: UTF8.self)
  }
}
