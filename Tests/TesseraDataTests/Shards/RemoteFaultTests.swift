import Foundation
import TestSupport
import Tessera
import Testing

/// Whatever happens on the way, the batches are those of local files.
@Suite("remote shards under faults")
struct RemoteFaultTests {
  private let servers: RemoteServers

  init() throws { servers = try RemoteServers.shared.get() }

  @Test(
    "batches are to the byte those of local files, whatever the server does",
    arguments: [
      "plain", "cut", "drop", "slow", "stall", "short", "long", "other-part", "busy", "throttled", "moved",
      "whole", "whole-cut",
    ], [true, false])
  func equalBatches(_ fault: String, _ hasFolder: Bool) throws {
    let folder = try TemporaryFolder()
    let store = try RemoteStore(RemoteFixtures.options(cache: hasFolder ? folder.path : nil))
    let url = servers.fault(fault, RemoteServers.session(), RemoteFixtures.shards)
    let data = try WebDataset(url, remote: store)
    #expect(data.count == RemoteFixtures.count)
    let local = try WebDataset("\(servers.local)/\(RemoteFixtures.shards)")
    #expect(try data.fingerprint() == local.fingerprint())
    #expect(data.classes == local.classes)
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(data)) == RemoteFixtures.localDigests(servers))
    let isFaulty = !["plain", "slow", "moved", "whole"].contains(fault)
    #expect((store.report.retries > 0) == isFaulty, "\(store.report)")
  }

  @Test(
    "nginx gives the batches of local files: parts, slow bytes, refusals at random, no parts, faults behind a proxy, TLS",
    .enabled(if: RemoteServers.hasNginx, "NGINX IS NOT INSTALLED: tools/install-deps oracles"),
    arguments: ["files", "slow", "flaky", "whole", "behind/cut", "behind/drop", "behind/short", "tls"])
  func nginx(_ place: String) throws {
    let folder = try TemporaryFolder()
    var options = RemoteFixtures.options(cache: folder.path)
    // Of requests by chance three eighths fail: 40 in a row never do.
    if place == "flaky" { options.attempts = 40 }
    options.authorities = servers.authority
    let session = place.hasPrefix("behind") ? "/\(RemoteServers.session())" : ""
    let url = try servers.nginx(
      place == "tls" ? "files" : place + session, RemoteFixtures.shards,
      scheme: place == "tls" ? "https" : "http")
    let store = try RemoteStore(options)
    let data = try WebDataset(url, remote: store)
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(data, threads: 4))
        == RemoteFixtures.localDigests(servers))
    #expect(data.shards.allSatisfy { $0.path.hasPrefix("http") && $0.storage != nil })
  }

  @Test("streams and unpacking read the same tars as from files, under cuts")
  func streams() throws {
    let store = try RemoteStore(RemoteFixtures.options())
    let url = servers.fault("cut", RemoteServers.session(), RemoteFixtures.shards)
    func samples(_ pattern: String) throws -> [String] {
      let reader = try WebDatasetStream(pattern, remote: store).makeReader(epoch: 0)
      var found: [String] = []
      while let sample = try reader.next() {
        let bytes = try sample.pictures.first?.encodedBytes() ?? []
        found.append(
          "\(sample.name.split(separator: "/").suffix(3)) \(sample.label ?? -1) \(Digest.hex(of: bytes))")
      }
      return found
    }
    let local = try samples("\(servers.local)/\(RemoteFixtures.shards)")
    #expect(local.count == RemoteFixtures.count)
    #expect(try samples(url) == local)

    let out = try TemporaryFolder()
    for (name, source) in [("near", "\(servers.local)/\(RemoteFixtures.shards)"), ("far", url)] {
      var job = UnpackJob([source], destination: "\(out.path)/\(name)")
      job.remote = store
      #expect(try job.run().faults.isEmpty)
    }
    #expect(
      try TemporaryFolder.contents(out.path + "/far") == TemporaryFolder.contents(out.path + "/near"))
  }

  @Test("a server that says when to come back is obeyed, in seconds and by date")
  func retryAfter() throws {
    let store = try RemoteStore(RemoteFixtures.options())
    let start = ContinuousClock.now
    _ = try store.open(servers.fault("patience", RemoteServers.session(), "shard-000000.tar"))
    // A date has whole seconds: a second from now may be a moment from now.
    #expect(ContinuousClock.now - start >= .seconds(1))
    #expect(store.report.requests == 3 && store.report.retries == 2)
  }

  @Test("a Retry-After of more than is obeyed is cut to that")
  func longRetryAfter() throws {
    var options = RemoteFixtures.options()
    options.longestRetryAfter = 0.01
    // The server says an hour.
    let store = try RemoteStore(options)
    let start = ContinuousClock.now
    _ = try store.open(servers.fault("long_patience", RemoteServers.session(), "shard-000000.tar"))
    #expect(store.report.retries == 2 && ContinuousClock.now - start < .seconds(600))
  }

  @Test("eight threads ask for each piece once")
  func threads() throws {
    let session = RemoteServers.session()
    let store = try RemoteStore(RemoteFixtures.options())
    let data = try WebDataset(servers.fault("plain", session, RemoteFixtures.shards), remote: store)
    let loader = try RemoteFixtures.loader(data, threads: 8)
    #expect(try RemoteFixtures.digests(loader) == RemoteFixtures.localDigests(servers))
    let ranges = try servers.log(session).filter { $0.status == 206 }
    #expect(Set(ranges).count == ranges.count && !ranges.isEmpty)
  }
}
