private import Foundation
internal import TesseraCore

/// How shards on servers are read, and how much of them is kept.
///
/// Certificates are always verified; there is nothing that turns that off. Proxies are libcurl's (`https_proxy`,
/// `no_proxy`).
public struct RemoteOptions: Sendable, Hashable {
  /// The folder in which pieces and indices are kept; nil keeps pieces in memory. By default what the environment says
  /// in `TESSERA_CACHE`. Several processes may share it.
  public var cache: String?
  /// The most bytes of pieces in that folder; the least recently used go first. 16 GiB by default.
  public var cacheSize = 16 << 30
  /// The most bytes of pieces in memory where there is no folder. 256 MiB by default.
  public var memorySize = 256 << 20
  /// The bytes of a request, and of a piece that is kept. 4 MiB by default.
  public var pieceSize = 4 << 20
  /// The most requests at once.
  public var connections = 16
  /// The requests for a piece that may fail one after another before it is given up. One that brought a good part of
  /// the piece does not count.
  public var attempts = 6
  /// The seconds after which no further request for a piece is made.
  public var seconds = 300.0
  /// The seconds before the second attempt; each further one waits twice as long, to at most 20 s, and a part of
  /// that at random.
  public var firstDelay = 0.25
  /// The most seconds that a server's Retry-After is obeyed.
  public var longestRetryAfter = 60.0
  /// The seconds in which a connection must stand.
  public var connectSeconds = 15.0
  /// A transfer of less than 1,000 bytes a second for so many seconds is given up, and made again.
  public var stallSeconds = 30
  /// The most redirects of a request. None leads from HTTPS to HTTP.
  public var redirects = 5
  /// A PEM file of certificate authorities; nil for `CURL_CA_BUNDLE`'s, `SSL_CERT_FILE`'s or the system's.
  public var authorities: String?

  public init(cache: String? = nil) {
    let environment = ProcessInfo.processInfo.environment
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    self.cache = cache ?? value("TESSERA_CACHE")
    authorities = value("CURL_CA_BUNDLE") ?? value("SSL_CERT_FILE")
  }

  /// - Throws: `invalidArgument` for a number that cannot be.
  func check() throws {
    func wrong(_ name: String, _ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidArgument(name: "the remote option \(name)", expected: expected, got: got))
    }
    guard (1 << 9...1 << 30).contains(pieceSize) else {
      throw wrong("pieceSize", "512 bytes to 1 GiB", "\(pieceSize)")
    }
    for (name, value) in [("cacheSize", cacheSize), ("memorySize", memorySize)] where value < 0 {
      throw wrong(name, "0 or more", "\(value)")
    }
    for (name, value) in [
      ("connections", connections), ("attempts", attempts), ("stallSeconds", stallSeconds),
      ("redirects", redirects + 1),
    ] where !(1...1_000_000).contains(value) {
      throw wrong(name, "1 to 1,000,000", "\(value)")
    }
    for (name, value) in [
      ("seconds", seconds), ("firstDelay", firstDelay), ("longestRetryAfter", longestRetryAfter),
      ("connectSeconds", connectSeconds),
    ] where !(value >= 0 && value <= 1_000_000) {
      throw wrong(name, "0 to 1,000,000 seconds", "\(value)")
    }
  }
}
