/// Why bytes on a server could not be had: the fact, how often it was tried, and what to do.
public struct RemoteFault: Sendable, Equatable {
  /// What was found.
  public enum Kind: Sendable, Equatable {
    /// No connection: the name, the address, or nobody listens.
    case unreachable
    /// Connections ended before all bytes were there.
    case cut
    /// No connection, or too few bytes, in the time allowed.
    case timedOut
    /// The certificate is not one to trust, or the file of authorities cannot be used.
    case certificate
    /// The server's status: 403, 404, 503 …
    case status(Int)
    /// The object is not the one that was read before: another size, another ETag or another date.
    case changed
    /// The server sent another part or another length than it told.
    case length
    /// The server gives no parts of the object, and the whole of it is over the limit.
    case noRanges
    /// A redirect to a place where none may lead, or too many.
    case redirect
    /// The object's bytes have another SHA-256 than they should.
    case checksum
    /// The answer cannot be used: no HTTP, compressed, without a length.
    case badResponse
  }

  public var kind: Kind
  /// Requests made for the part that failed.
  public var attempts: Int
  /// What was seen, in words; never a URL's query.
  public var detail: String

  public init(_ kind: Kind, attempts: Int = 1, detail: String) {
    self.kind = kind
    self.attempts = attempts
    self.detail = detail
  }
}

extension RemoteFault: CustomStringConvertible {
  /// `HTTP status 403 (AccessDenied): a signed URL may have expired; make new ones`.
  public var description: String {
    let tries = attempts > 1 ? " (\(attempts) attempts)" : ""
    return switch kind {
    case .unreachable: "the server cannot be reached\(tries): \(detail)"
    case .cut: "the connection ended early\(tries): \(detail)"
    case .timedOut: "the server is too slow\(tries): \(detail)"
    case .certificate: "no trust in the server: \(detail); --ca-file names authorities of your own"
    case .status(let code):
      "HTTP status \(code)\(detail.isEmpty ? "" : " (\(detail))")\(tries)" + Self.advice(code)
    case .changed: "the shard changed while it was read: \(detail); open it anew"
    case .length: "the server's lengths disagree\(tries): \(detail)"
    case .noRanges: "the server gives no parts of it: \(detail)"
    case .redirect: "a redirect is refused: \(detail)"
    case .checksum: "the bytes are not those of the checksum: \(detail)"
    case .badResponse: "the server's answer cannot be used: \(detail)"
    }
  }

  private static func advice(_ code: Int) -> String {
    switch code {
    case 400, 403: ": look at who may read it; a signed URL may have expired: make it anew"
    case 401: ": the server wants to know who asks; give a signed URL"
    case 404, 410: ": there is no such object; look at the URL and its numbers"
    case 416: ": the object is shorter than it was"
    case 429, 500...599: ": the server is busy or out of order; later it may answer"
    default: ""
    }
  }
}
