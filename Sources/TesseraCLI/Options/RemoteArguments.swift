import ArgumentParser
import Tessera

/// How shards on servers (`https://host/shard-{000000..000146}.tar`, `@shards.txt`) are read.
struct RemoteArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The folder in which pieces and indices of shards on servers are kept, which several processes may share \
      (default: TESSERA_CACHE; without either, pieces stay in memory).
      """, valueName: "folder"))
  var cache: String?

  @Option(
    help: ArgumentHelp(
      "The most bytes of pieces in it, as 500M or 16G; the least recently used go first (default: 16G).",
      valueName: "size"))
  var cacheSize: String?

  @Option(
    help: ArgumentHelp(
      "A PEM file of certificate authorities (default: CURL_CA_BUNDLE, SSL_CERT_FILE or the system's).",
      valueName: "file"))
  var caFile: String?

  mutating func validate() throws {
    if let cache, cache.isEmpty { throw ValidationError("--cache must be a folder, got ''") }
    _ = try bytes()
  }

  /// The store for a command's sources; nothing is opened or made before a shard needs it.
  func store() throws -> RemoteStore {
    var options = RemoteOptions(cache: cache)
    if let size = try bytes() { options.cacheSize = size }
    if let caFile { options.authorities = caFile }
    return try RemoteStore(options)
  }

  private func bytes() throws -> Int? {
    guard let cacheSize else { return nil }
    let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    let unit = cacheSize.last.flatMap { shifts[Character($0.uppercased())] }
    guard let number = Int(unit == nil ? cacheSize : String(cacheSize.dropLast())), number > 0,
      number <= (Int.max >> 1) >> (unit ?? 0)
    else { throw ValidationError("--cache-size must be a size like 500M or 16G, got '\(cacheSize)'") }
    return number << (unit ?? 0)
  }
}
