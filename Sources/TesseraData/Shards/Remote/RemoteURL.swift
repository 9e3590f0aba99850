internal import TesseraCore

/// An object's URL. What of it may be shown is `name`; the whole is handed to libcurl and to nobody else.
struct RemoteURL: Sendable {
  /// The URL without user, password, query and fragment: what errors, indices and caches know.
  let name: String
  /// The whole, as the caller gave it. It may hold a signature or a password.
  private let secret: String

  /// - Throws: `invalidArgument` for what is no URL of HTTP or HTTPS.
  init(_ text: String) throws {
    let name = RemoteName.shown(text)
    self.name = name
    func wrong(_ got: String) -> TesseraError {
      TesseraError(
        .invalidArgument(name: "the URL", expected: "http://host/path or https://host/path", got: got),
        path: name, stage: .read)
    }
    guard RemoteName.isRemote(text) else { throw wrong("another thing") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw wrong("one with spaces or control characters (%20 is a space)")
    }
    // "https:", "", the host, the path.
    let parts = name.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, !parts[2].isEmpty else { throw wrong("one without a host") }
    // What follows '#' is not sent.
    secret = String(text.prefix { $0 != "#" })
  }

  /// Whether there is a query, which signs this object and no other.
  var hasQuery: Bool { secret.contains("?") }

  /// The URL of a file beside the object, whose name has `suffix` added.
  func beside(_ suffix: String) throws -> RemoteURL {
    let query = secret.firstIndex(of: "?") ?? secret.endIndex
    return try RemoteURL(secret[..<query] + suffix + secret[query...])
  }

  /// Calls `body` with the whole URL, for libcurl.
  func withSecret<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
    try secret.withCString(body)
  }
}

extension RemoteURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The name alone: a URL that is printed by mistake shows no secret.
  var description: String { name }
  var debugDescription: String { name }
  var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
