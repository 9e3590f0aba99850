/// Paths that are URLs, and what of them may be shown.
package enum RemoteName {
  /// A URL's parts: joined, they are the URL again.
  package struct Parts {
    /// `https://`.
    package var scheme: Substring
    /// `user:password@`, or nothing.
    package var user: Substring
    /// The host and the path: what may be shown, with the scheme.
    package var place: Substring
    /// From `?` or `#` on, or nothing.
    package var query: Substring
  }

  /// Whether a path is a URL of HTTP or HTTPS.
  package static func isRemote(_ path: String) -> Bool { schemeEnd(path) != nil }

  /// A path as messages, logs and files show it: of a URL no user, no password, no query and no fragment. A signed URL's
  /// query opens the file to whoever reads it.
  package static func shown(_ path: String) -> String {
    guard let parts = parts(path) else { return path }
    return String(parts.scheme + parts.place)
  }

  /// Takes a URL apart; nil for what is none.
  package static func parts(_ path: String) -> Parts? {
    guard let start = schemeEnd(path) else { return nil }
    let rest = path[start...]
    let query = rest.firstIndex { $0 == "?" || $0 == "#" } ?? rest.endIndex
    let named = rest[..<query]
    let host = named[..<(named.firstIndex(of: "/") ?? named.endIndex)]
    let place = host.lastIndex(of: "@").map { named.index(after: $0) } ?? start
    return Parts(
      scheme: path[..<start], user: path[start..<place], place: path[place..<query], query: rest[query...])
  }

  /// Where the host begins; nil for what is no such URL. A scheme's case does not count.
  private static func schemeEnd(_ path: String) -> String.Index? {
    guard let first = path.utf8.first, first | 0x20 == UInt8(ascii: "h") else { return nil }
    for scheme in ["https://", "http://"] where path.utf8.count > scheme.utf8.count {
      if zip(path.utf8, scheme.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) {
        return path.utf8.index(path.startIndex, offsetBy: scheme.utf8.count)
      }
    }
    return nil
  }
}
