import Foundation
import TestSupport
import Tessera
import Testing

/// What cannot be had is a typed error that shows no secret.
@Suite("errors of remote shards")
struct RemoteErrorTests {
  private let servers: RemoteServers
  /// In every URL here, as a signature and as a password.
  private static let secret = "SECRETSIGNATURE"

  init() throws { servers = try RemoteServers.shared.get() }

  private func options(attempts: Int = 3) -> RemoteOptions {
    var options = RemoteFixtures.options()
    options.attempts = attempts
    return options
  }

  /// Opens a shard behind a URL that holds secrets, and reads all of it.
  private func read(_ fault: String, _ name: String = "shard-000001.tar", _ options: RemoteOptions? = nil)
    -> TesseraError?
  {
    let plain = servers.fault(fault, RemoteServers.session(), name)
    let url = plain.replacing("://", with: "://user:\(Self.secret)@") + "?sig=\(Self.secret)"
    return RemoteFixtures.error {
      let file = try RemoteStore(options ?? self.options()).open(url)
      _ = try file.bytes(0..<file.byteCount)
    }
  }

  @Test(
    "each fault has its kind, the attempts made, the shard's URL, and no secret",
    arguments: [
      ("down", RemoteFault.Kind.status(503), 3), ("changed", .changed, 1), ("redated", .changed, 1),
      ("grown", .changed, 1), ("circle", .redirect, 1), ("astray", .redirect, 1), ("packed", .badResponse, 1),
      ("endless", .badResponse, 1), ("always-short", .length, 3), ("cut-short", .cut, 3),
      ("hang", .timedOut, 2),
      ("signed", .status(403), 1),
    ])
  func kinds(_ fault: String, _ kind: RemoteFault.Kind, _ attempts: Int) throws {
    let error = try #require(read(fault, "shard-000001.tar", options(attempts: attempts == 1 ? 3 : attempts)))
    guard case .remote(let found) = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(found.kind == kind && found.attempts == attempts, "\(error)")
    #expect(error.stage == .read && error.path?.hasSuffix("/shard-000001.tar") == true)
    #expect(error.path?.hasPrefix("http://127.0.0.1:") == true, "\(error)")
    #expect(!"\(error)".contains(Self.secret) && !"\(error)".contains("user"), "\(error)")
    #expect(!String(reflecting: error).contains(Self.secret))
  }

  @Test("who waits for a server is told for what, once in a while, without a secret")
  func told() throws {
    let url = servers.fault("down", RemoteServers.session(), "shard-000001.tar") + "?sig=\(Self.secret)"
    let result = try Command.run(["stats", url, "--headers-only"])
    let lines = result.errors.split(separator: "\n").filter { $0.contains("asking again in") }
    #expect(result.status == 1 && (1...2).contains(lines.count), "\(result.errors)")
    #expect(lines.allSatisfy { $0.contains("HTTP status 503") && $0.contains("of at most 6") })
    #expect(!result.errors.contains(Self.secret), "\(result.errors)")
  }

  @Test("a long wait is told at once: a server's Retry-After, and one that says nothing")
  func longWaits() throws {
    for (fault, words) in [("long_patience", "asking again in"), ("hang", "no byte has come for")] {
      let url = servers.fault(fault, RemoteServers.session(), "shard-000001.tar") + "?sig=\(Self.secret)"
      // Told after some seconds; nobody waits for the end.
      let script = #"timeout -s KILL 20 "$TESSERA" stats "$1" --headers-only 2>&1 | grep -m 1 "$2""#
      let result = try Shell.run(script, [url, words])
      #expect(result.output.contains(words), "\(fault): \(result.output)")
      #expect(!result.output.contains(Self.secret), "\(result.output)")
    }
  }

  @Test("a shard that is not there, and one that may not be read, say what to do")
  func advice() throws {
    let missing = try #require(read("plain", "shard-000007.tar"))
    #expect("\(missing)".contains("HTTP status 404: there is no such object"), "\(missing)")
    let refused = try #require(read("signed"))
    #expect(
      "\(refused)".contains(
        "HTTP status 403 (AccessDenied): look at who may read it; a signed URL may have expired"),
      "\(refused)")
    let none = RemoteFixtures.fault { _ = try RemoteStore(options()).open("http://127.0.0.1:1/a.tar") }
    #expect(none?.kind == .unreachable && none?.attempts == 3)
  }

  @Test(
    "an expired signature of nginx's is refused once and not asked again",
    .enabled(if: RemoteServers.hasNginx, "NGINX IS NOT INSTALLED: tools/install-deps oracles"))
  func expired() throws {
    func signed(_ expires: Int) throws -> String {
      let words = "\(expires)/signed/shard-000000.tar \(Self.secret)"
      let script = "printf %s \"$1\" | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d ="
      let sum = try Shell.run(script, [words]).output.trimmingCharacters(in: .whitespacesAndNewlines)
      return try servers.nginx("signed", "shard-000000.tar") + "?md5=\(sum)&expires=\(expires)"
    }
    let now = Int(Date().timeIntervalSince1970)
    let store = try RemoteStore(options())
    let good = try TarIndex.open(try signed(now + 600), remote: store)
    #expect(good.count == 30 && good.path.hasSuffix("/signed/shard-000000.tar"))
    let before = store.report.requests
    let old = try signed(now - 10)
    let error = RemoteFixtures.error { _ = try store.open(old) }
    #expect(store.report.requests == before + 1)
    let forged = RemoteFixtures.fault { _ = try store.open(old.replacing("expires=", with: "expires=9")) }
    #expect(forged?.kind == .status(403))
    guard case .remote(let fault)? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(fault.kind == .status(410) && !String(reflecting: error).contains("md5="))
  }

  @Test("TLS: no unknown authority, no other host, no way back to HTTP; one's own authority is trusted")
  func certificates() throws {
    let session = RemoteServers.session()
    let url = servers.fault("plain", session, "shard-000000.tar", scheme: "https")
    var options = options()
    options.authorities = nil
    let unknown = RemoteFixtures.fault { _ = try RemoteStore(options).open(url) }
    #expect(unknown?.kind == .certificate && unknown?.attempts == 1)
    options.authorities = servers.folder + "/no-such-file.pem"
    #expect(RemoteFixtures.fault { _ = try RemoteStore(options).open(url) }?.kind == .certificate)
    options.authorities = servers.authority
    #expect(try RemoteStore(options).open(url).byteCount > 0)
    let other = RemoteFixtures.fault {
      _ = try RemoteStore(options).open(url.replacing("127.0.0.1", with: "localhost"))
    }
    #expect(other?.kind == .certificate)
    let back = servers.fault("downgrade", session, "shard-000000.tar", scheme: "https")
    #expect(RemoteFixtures.fault { _ = try RemoteStore(options).open(back) }?.kind == .redirect)
  }

  @Test("a sample whose bytes cannot be had costs itself alone, by the loader's policy, with its name")
  func policy() throws {
    let store = try RemoteStore(options(attempts: 2))
    // The index is made of the shard while it is whole.
    let folder = try TemporaryFolder()
    var keeping = options(attempts: 2)
    keeping.cache = folder.path
    let session = RemoteServers.session()
    _ = try TarIndex.open(
      servers.fault("hole", session, "shard-000000.tar").replacing("/hole/", with: "/plain/"), remote: store)
    let index = try TarIndex.open(
      servers.fault("plain", session, "shard-000000.tar"), remote: try RemoteStore(keeping))
    let hole = try store.open(servers.fault("hole", session, "shard-000000.tar"))
    var broken = index
    broken.remote = hole
    let data = try WebDataset([broken])
    let loader = try RemoteFixtures.loader(data)
    let batches = try loader.epoch(0).blocking.map { try $0.get() }
    let failures = batches.flatMap(\.failures)
    let lost = (0..<30).filter { sample in
      data.members(of: sample).contains { $0.bytes.lowerBound < 49_152 && $0.bytes.upperBound > 32_768 }
    }
    #expect(!lost.isEmpty && lost.count < 30)
    #expect(failures.map(\.index).sorted() == lost)
    #expect(batches.reduce(0) { $0 + $1.indices.count } == 30 - lost.count)
    for failure in failures {
      let words = "\(failure)"
      #expect(
        words.contains("/shard-000000.tar/") && words.contains("HTTP status 500 (2 attempts)"), "\(words)")
    }
  }

  @Test("a loader that is let go does not wait for a server that says nothing")
  func lettingGo() throws {
    let session = RemoteServers.session()
    var options = options()
    options.stallSeconds = 100
    let store = try RemoteStore(options)
    var index = try TarIndex.open(servers.fault("plain", session, "shard-000000.tar"), remote: store)
    index.remote = try store.open(servers.fault("freeze", session, "shard-000000.tar"))
    let loader = DataLoader(
      try WebDataset([index]).map(try Pipeline(text: "resize_to(8, 8)|to_tensor")), batchSize: 4, threads: 2)
    let start = ContinuousClock.now
    var batches: BatchIterator? = loader.epoch(0).makeBatchIterator()
    #expect(try batches?.nextBlocking()?.indices == [0, 1, 2, 3])
    batches = nil
    // The server is silent for a minute.
    #expect(ContinuousClock.now - start < .seconds(40))
  }

  @Test("giving up takes no longer than the options say")
  func bounded() throws {
    var options = options(attempts: 1_000)
    options.seconds = 0.3
    let start = ContinuousClock.now
    _ = read("down", "shard-000000.tar", options)
    // A thousand attempts with their pauses would take hours.
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test("an empty object and one that is no tar are no shards; spaces are no URL")
  func noTars() throws {
    let store = try RemoteStore(options())
    for name in ["empty.tar", "noise.tar"] {
      let error = RemoteFixtures.error {
        _ = try TarIndex.open(servers.fault("plain", RemoteServers.session(), name), remote: store)
      }
      guard case .corrupt("tar", _)? = error?.reason else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
    }
    let other = RemoteFixtures.error { _ = try WebDataset("ftp://host/a-{0..3}.tar") }
    guard case .invalidArgument(_, _, "ftp://")? = other?.reason else {
      Issue.record("\(String(describing: other))")
      return
    }
    for url in ["http://", "https:///a.tar", "http://a b/c.tar?\(Self.secret)"] {
      let error = RemoteFixtures.error { _ = try store.open(url) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("the URL must be"), "\(String(describing: error))")
      #expect(!String(reflecting: error).contains(Self.secret))
    }
  }

  @Test("an object without parts that is larger than the cache is an error that says so")
  func wholeTooLarge() throws {
    var options = options()
    options.memorySize = 20_000
    let fault = RemoteFixtures.fault {
      _ = try RemoteStore(options).open(servers.fault("whole", RemoteServers.session(), "shard-000000.tar"))
    }
    #expect(
      fault?.kind == .noRanges && fault?.detail.contains("20000") == true, "\(String(describing: fault))")
  }
}
