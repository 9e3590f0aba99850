import Foundation
import TestSupport
import Tessera
import Testing

/// What is fetched once is not fetched again, and what is kept is bounded.
@Suite("the cache of remote shards")
struct RemoteCacheTests {
  private let servers: RemoteServers

  init() throws { servers = try RemoteServers.shared.get() }

  private static func members(_ index: TarIndex) -> [[TarIndex.Member]] {
    (0..<index.count).map { index.members($0) }
  }

  private func total() throws -> Int {
    try RemoteFixtures.names.reduce(0) { $0 + (try size("\(servers.folder)/\($1)")) }
  }

  private func size(_ path: String) throws -> Int { FileIO.size(path) ?? 0 }

  @Test(
    "each byte comes once: later epochs ask nothing, and a later process one byte a shard",
    arguments: [true, false])
  func once(_ hasFolder: Bool) throws {
    let folder = try TemporaryFolder()
    let session = RemoteServers.session()
    let url = servers.fault("plain", session, RemoteFixtures.shards)
    let options = RemoteFixtures.options(cache: hasFolder ? folder.path : nil)
    let store = try RemoteStore(options)
    let loader = try RemoteFixtures.loader(WebDataset(url, remote: store))
    #expect(try RemoteFixtures.digests(loader) == RemoteFixtures.localDigests(servers))
    let first = store.report
    #expect(first.bytesFetched <= (try total()))
    #expect(
      try RemoteFixtures.digests(loader, epoch: 1) == RemoteFixtures.localDigests(servers, epoch: 1))
    #expect(store.report.requests == first.requests && store.report.bytesFetched == first.bytesFetched)
    let tars = try servers.log(session).filter { $0.name.hasSuffix(".tar") }
    #expect(Set(tars).count == tars.count)
    guard hasFolder else { return }

    let later = try RemoteStore(options)
    let again = try RemoteFixtures.loader(WebDataset(url, remote: later))
    #expect(try RemoteFixtures.digests(again) == RemoteFixtures.localDigests(servers))
    #expect(later.report.requests == 3 && later.report.bytesFetched == 3, "\(later.report)")
  }

  @Test("the folder never holds more than its limit, and batches are the same")
  func bound() throws {
    let folder = try TemporaryFolder()
    var options = RemoteFixtures.options(cache: folder.path)
    options.cacheSize = 70_000
    let store = try RemoteStore(options)
    let data = try WebDataset(
      servers.fault("plain", RemoteServers.session(), RemoteFixtures.shards), remote: store)
    let loader = try RemoteFixtures.loader(data, threads: 4)
    for epoch in 0..<2 {
      #expect(
        try RemoteFixtures.digests(loader, epoch: epoch) == RemoteFixtures.localDigests(servers, epoch: epoch)
      )
      #expect(try RemoteFixtures.size(of: folder.path + "/pieces") <= 70_000)
    }
    #expect(store.report.bytesFetched > (try total()))
  }

  @Test("where the folder cannot be written, pieces stay in memory")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    // A file in the folder's place: no user may make a folder there.
    try folder.write("none", "cache")
    let store = try RemoteStore(RemoteFixtures.options(cache: folder.path + "/cache"))
    let session = RemoteServers.session()
    let data = try WebDataset(servers.fault("plain", session, RemoteFixtures.shards), remote: store)
    #expect(data.shards.allSatisfy { $0.storage == nil && $0.storageFault != nil })
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(data)) == RemoteFixtures.localDigests(servers))
    let tars = try servers.log(session).filter { $0.name.hasSuffix(".tar") }
    #expect(Set(tars).count == tars.count)
  }

  @Test("the least recently used pieces go first")
  func leastRecentlyUsed() throws {
    let folder = try TemporaryFolder()
    let pieces = FolderPieces(folder: folder.path, limit: 3 * PieceFile.size(of: 4096) + 10)
    let bytes = [UInt8](repeating: 9, count: 4096)
    func key(_ number: Int) -> PieceKey {
      PieceKey(
        object: String(repeating: "a", count: 32), family: String(repeating: "b", count: 16), number: number,
        count: 4096)
    }
    func isThere(_ number: Int) -> Bool {
      var target = [UInt8](repeating: 0, count: 10)
      return target.withUnsafeMutableBytes { pieces.read(key(number), 7..<17, into: $0) } == .there
    }
    for number in 0..<3 {
      pieces.store(bytes, as: key(number))
      Thread.sleep(forTimeInterval: 0.01)
    }
    #expect(isThere(0))
    Thread.sleep(forTimeInterval: 0.01)
    pieces.store(bytes, as: key(3))
    #expect(isThere(0) && isThere(3) && !isThere(1))
    let memory = MemoryPieces(limit: 3 * 4096)
    for number in 0..<4 {
      memory.store(bytes, as: key(number))
      var target = [UInt8](repeating: 0, count: 1)
      _ = target.withUnsafeMutableBytes { memory.read(key(0), 0..<1, into: $0) }
    }
    var target = [UInt8](repeating: 0, count: 1)
    let states = (0..<4).map { number in
      target.withUnsafeMutableBytes { memory.read(key(number), 0..<1, into: $0) }
    }
    #expect(states == [.there, .missing, .there, .there])
  }

  @Test("damaged, cut and foreign pieces are noticed and fetched again")
  func damage() throws {
    let folder = try TemporaryFolder()
    let url = servers.fault("plain", RemoteServers.session(), RemoteFixtures.shards)
    let options = RemoteFixtures.options(cache: folder.path)
    _ = try RemoteFixtures.digests(
      RemoteFixtures.loader(WebDataset(url, remote: try RemoteStore(options))))
    let files = try TemporaryFolder.contents(folder.path + "/pieces").keys.sorted()
    #expect(files.count > 6)
    for (number, name) in files.enumerated() {
      let place = URL(filePath: "\(folder.path)/pieces/\(name)")
      var bytes = [UInt8](try Data(contentsOf: place))
      switch number % 4 {
      case 0: bytes[bytes.count - 1 - number] ^= 1
      case 1: bytes.removeLast(number)
      case 2: bytes[70] ^= 0x80
      default: bytes[48] ^= 1
      }
      try Data(bytes).write(to: place)
    }
    let store = try RemoteStore(options)
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(WebDataset(url, remote: store)))
        == RemoteFixtures.localDigests(servers))
    #expect(store.report.damagedPieces > files.count / 2, "\(store.report) of \(files.count)")
  }

  @Test(
    "every edit of a byte of a piece's file, and every cut, is noticed; a good file is read from any byte to any"
  )
  func pieceFiles() throws {
    let folder = try TemporaryFolder()
    let pieces = FolderPieces(folder: folder.path, limit: 1 << 20)
    let key = PieceKey(
      object: String(repeating: "c", count: 32), family: String(repeating: "d", count: 16), number: 4,
      count: 150)
    let bytes = (0..<150).map { UInt8(truncatingIfNeeded: $0 * 7) }
    func read(_ range: Range<Int>) -> (state: PieceState, bytes: [UInt8]) {
      var target = [UInt8](repeating: 0, count: range.count)
      return (target.withUnsafeMutableBytes { pieces.read(key, range, into: $0) }, target)
    }
    pieces.store(bytes, as: key)
    for low in stride(from: 0, to: 150, by: 7) {
      for high in low + 1...150 { #expect(read(low..<high) == (.there, Array(bytes[low..<high]))) }
    }
    let name = try #require(TemporaryFolder.contents(folder.path).keys.first)
    let place = URL(filePath: "\(folder.path)/\(name)")
    let good = [UInt8](try Data(contentsOf: place))
    #expect(good.count == PieceFile.size(of: 150))
    for edit in 0..<good.count {
      var bad = good
      bad[edit] ^= 1 << (edit % 8)
      try Data(bad).write(to: place)
      #expect(read(0..<150).state == .damaged, "byte \(edit)")
      #expect(read(0..<150).state == .missing)
      try Data(good[..<edit]).write(to: place)
      #expect(read(0..<150).state == .damaged, "\(edit) bytes")
    }
  }

  @Test("a shard that was replaced since is another one to the next process, whatever the cache holds")
  func replaced() throws {
    let folder = try TemporaryFolder()
    let name = "replaced-\(RemoteServers.session()).bin"
    let url = servers.fault("plain", RemoteServers.session(), name)
    let options = RemoteFixtures.options(cache: folder.path)
    for value: UInt8 in [1, 2] {
      let bytes = [UInt8](repeating: value, count: 50_000)
      try Data(bytes).write(to: URL(filePath: "\(servers.folder)/\(name)"))
      let file = try RemoteStore(options).open(url)
      #expect(try file.bytes(0..<50_000) == bytes)
      #expect(try file.bytes(16_380..<16_390) == Array(bytes[..<10]))
    }
  }

  @Test("pieces that another process removes under way are fetched again")
  func removal() throws {
    let folder = try TemporaryFolder()
    let store = try RemoteStore(RemoteFixtures.options(cache: folder.path))
    let data = try WebDataset(
      servers.fault("plain", RemoteServers.session(), RemoteFixtures.shards), remote: store)
    let (isDone, pieces) = (Guarded(false), folder.path + "/pieces")
    let remover = Thread {
      while !isDone.withLock({ $0 }) {
        try? FileManager.default.removeItem(atPath: pieces)
        Thread.sleep(forTimeInterval: 0.003)
      }
    }
    remover.start()
    for epoch in 0..<3 {
      #expect(
        try RemoteFixtures.digests(RemoteFixtures.loader(data), epoch: epoch)
          == RemoteFixtures.localDigests(servers, epoch: epoch))
    }
    isDone.withLock { $0 = true }
  }

  @Test("a new signature is the same object, and no secret stands in the cache, in an index or in a name")
  func signatures() throws {
    let folder = try TemporaryFolder()
    let session = RemoteServers.session()
    let url = servers.fault("signed", session, RemoteFixtures.shards)
    let options = RemoteFixtures.options(cache: folder.path)
    let data = try WebDataset(url + "?X-Amz-Signature=SECRETSIGNATURE1&x=1", remote: try RemoteStore(options))
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(data)) == RemoteFixtures.localDigests(servers))
    let store = try RemoteStore(options)
    let list = try TemporaryFolder()
    let lines = RemoteFixtures.names.map {
      servers.fault("signed", session, $0) + "?X-Amz-Signature=SECRETSIGNATURE-of-\($0)\n"
    }
    try list.write("# new ones\n\n" + lines.joined(), "urls.txt")
    let again = try WebDataset("@\(list.path)/urls.txt", remote: store)
    #expect(
      try RemoteFixtures.digests(RemoteFixtures.loader(again)) == RemoteFixtures.localDigests(servers))
    #expect(store.report.bytesFetched == 3)
    for (name, bytes) in try TemporaryFolder.contents(folder.path) {
      #expect(!name.contains("SECRET") && bytes.range(of: Data("SECRET".utf8)) == nil, "\(name)")
    }
    for index in 0..<again.count {
      let sample = try again.sample(at: index)
      #expect(!String(reflecting: sample).contains("SECRET"))
    }
    #expect(!String(reflecting: again).contains("SECRET"))
    // No index is looked for beside a signed object.
    #expect(try servers.log(session).allSatisfy { !$0.name.hasSuffix(".index") })
  }

  @Test("an index beside the shard saves the way through its headers; one of another tar is not taken")
  func besideIndex() throws {
    let source = "\(servers.folder)/shard-000001.tar"
    let name = "indexed-\(RemoteServers.session()).tar"
    try FileManager.default.copyItem(atPath: source, toPath: "\(servers.folder)/\(name)")
    // Makes the index beside it.
    let local = try TarIndex.open("\(servers.folder)/\(name)")
    let (session, url) = (
      RemoteServers.session(), { (session: String) in servers.fault("plain", session, name) }
    )
    let store = try RemoteStore(RemoteFixtures.options())
    let index = try TarIndex.open(url(session), remote: store)
    #expect(index.storage == index.path + ".index" && Self.members(index) == Self.members(local))
    // The first and the last piece, and the index.
    let asked = try servers.log(session)
    #expect(asked.filter { $0.name == name }.count <= 2 && asked.count <= 4, "\(asked)")

    // Of the same size, with another layout.
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: source)))
    bytes.replaceSubrange(
      0..<bytes.count - 1024, with: bytes[512..<bytes.count - 1024] + [UInt8](repeating: 0, count: 512))
    try Data(bytes).write(to: URL(filePath: "\(servers.folder)/\(name)"))
    let other = try TarIndex.open(
      url(RemoteServers.session()), remote: try RemoteStore(RemoteFixtures.options()))
    #expect(other.storage == nil && Self.members(other) != Self.members(local))
  }

  @Test("two processes fetch into one folder at once; checksums are compared, and a wrong one is told")
  func command() throws {
    let folder = try TemporaryFolder()
    let session = RemoteServers.session()
    let url = servers.fault("short", session, RemoteFixtures.shards)
    let sums = servers.fault("plain", session, "SHA256SUMS")
    let script = """
      "$TESSERA" fetch "$1?sig=SECRETSIGNATURE" --cache "$2" --checksums "$3" --json & first=$!
      "$TESSERA" fetch "$1?sig=SECRETSIGNATURE" --cache "$2" --checksums "$3" --json || exit 1
      wait $first
      """
    let both = try Shell.run(script, [url, folder.path, sums])
    #expect(both.status == 0 && both.output.components(separatedBy: "\"verified\":3").count == 3, "\(both)")
    #expect(!both.output.contains("SECRET") && !both.errors.contains("SECRET"))
    #expect(both.errors.contains("17179869184"))

    let list = try TemporaryFolder()
    let wrong =
      try String(contentsOfFile: servers.folder + "/SHA256SUMS", encoding: .utf8)
      .replacing("  shard-000001.tar", with: "  shard-000009.tar") + String(repeating: "0", count: 64)
      + "  shard-000001.tar\n"
    try list.write(wrong, "sums")
    let bad = try Command.run(["fetch", url, "--cache", folder.path, "--checksums", list.path + "/sums"])
    #expect(
      bad.status == 1 && bad.errors.contains("shard-000001.tar (read): the bytes are not those"), "\(bad)")
    #expect(bad.output.contains("2 with the right checksum"), "\(bad)")
  }

  @Test("commands take URLs where they take tars, and show no query")
  func commands() throws {
    let folder = try TemporaryFolder()
    let out = try TemporaryFolder()
    let url = servers.fault("plain", RemoteServers.session(), RemoteFixtures.shards) + "?sig=SECRETSIGNATURE"
    let cache = ["--cache", folder.path, "--cache-size", "1M"]
    let pipeline = ["--with", "resize_to(8, 8)|to_tensor"]
    for arguments in [
      ["stats", url], ["bench", url, "--epochs", "1", "--threads", "1"] + pipeline,
      ["preprocess", url, out.path + "/arrays", "--format", "safetensors"] + pipeline,
      ["pack", url, out.path + "/tars", "--format", "webdataset"],
      ["unpack", url, out.path + "/files"],
      ["preview", url, "-o", out.path + "/sheet.png", "--count", "4"] + pipeline,
      ["inspect", url],
    ] {
      let result = try Command.run(arguments + cache)
      #expect(result.status == 0, "\(arguments): \(result)")
      #expect(!(result.output + result.errors).contains("SECRET"), "\(arguments): \(result)")
    }
    for (name, bytes) in try TemporaryFolder.contents(out.path) {
      #expect(bytes.range(of: Data("SECRET".utf8)) == nil, "\(name)")
    }
    let wrong = try Command.run(["stats", url.replacing("000002", with: "000004")] + cache)
    #expect(wrong.status == 1 && wrong.errors.contains("404"), "\(wrong)")
    #expect(!wrong.errors.contains("SECRET"))
    #expect(try Command.run(["stats", url, "--cache-size", "much"]).status == 64)
  }
}
