internal import CHTTP
internal import TesseraCore

/// What a server answered, and how the transfer ended.
struct HTTPResponse {
  /// How a transfer ended, whatever the server's status is.
  enum End: Equatable {
    case complete
    /// The receiver wanted no more.
    case stopped
    case unreachable, cut, timedOut, certificate, redirect, badURL, badResponse, noMemory, failed
  }

  var end: End
  /// 0 where no answer came.
  var status: Int
  var isEncoded: Bool
  /// The body's bytes; nil where they were not told.
  var length: Int?
  /// The part that the body is.
  var range: Range<Int>?
  /// The whole object's bytes, of an answer with a part.
  var total: Int?
  var retryAfter: Double?
  var etag: String
  var modified: String
  /// libcurl's words for a transfer that failed.
  var message: String

  /// The object's version as the answer tells it; nil where it does not tell the size.
  var version: RemoteVersion? {
    (status == 200 ? length : total).map { RemoteVersion(size: $0, etag: etag, modified: modified) }
  }
}

extension HTTPResponse {
  init(_ raw: ch_response, end: End) {
    func known(_ number: Int64) -> Int? { number < 0 ? nil : Int(number) }
    let first = known(raw.first)
    let last = known(raw.last)
    self.init(
      end: end, status: Int(raw.status), isEncoded: raw.is_encoded != 0, length: known(raw.length),
      range: first.flatMap { first in last.map { first..<$0 + 1 } }, total: known(raw.total),
      retryAfter: known(raw.retry_after).map { Double($0) }, etag: Self.text(of: raw.etag),
      modified: Self.text(of: raw.last_modified), message: Self.text(of: raw.message))
  }

  /// A zero-terminated text in a C array, which Swift sees as a tuple.
  private static func text<T>(of tuple: T) -> String {
    withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

extension HTTPResponse.End {
  init(_ status: ch_status) {
    self =
      switch status {
      case CH_OK: .complete
      case CH_STOPPED: .stopped
      case CH_UNREACHABLE: .unreachable
      case CH_CUT: .cut
      case CH_TIMED_OUT: .timedOut
      case CH_TLS, CH_AUTHORITIES: .certificate
      case CH_REDIRECTS, CH_DOWNGRADE: .redirect
      case CH_BAD_URL: .badURL
      case CH_BAD_RESPONSE: .badResponse
      case CH_NO_MEMORY: .noMemory
      default: .failed
      }
  }
}
