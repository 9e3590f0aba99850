import Foundation
import TestSupport
import Tessera
import Testing

/// What may be shown of a URL, and what sources stand for.
@Suite("names of remote shards")
struct RemoteNameTests {
  @Test("of a URL neither user, password, query nor fragment is shown; paths are shown as they are")
  func shown() {
    for (url, name) in [
      ("https://host/a.tar?X-Amz-Signature=1", "https://host/a.tar"),
      ("HTTPS://user:pass@host:8443/a.tar#part", "HTTPS://host:8443/a.tar"),
      ("http://user@host/b@c.tar", "http://host/b@c.tar"),
      ("http://host?x=/a@b", "http://host"),
      ("https://u:p@a@host/shard-{0..9}.tar?{x}", "https://host/shard-{0..9}.tar"),
      ("data/http://x?y.tar", "data/http://x?y.tar"), ("photos/what?.tar", "photos/what?.tar"),
      ("http.tar", "http.tar"), ("", ""),
    ] {
      #expect(RemoteName.shown(url) == name)
    }
    let error = TesseraError(.outOfMemory(bytes: 1)).with(path: "https://host/a.tar?secret")
    #expect(error.path == "https://host/a.tar")
    var other = error
    other.path = "https://user:secret@host/b.tar"
    #expect(other.path == "https://host/b.tar")
  }

  @Test("braces are expanded in a URL's path and not in its query; lists may hold paths, patterns and URLs")
  func expansion() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "# shards\r\n\nnear-{0..1}.tar\n  https://host/far.tar?sig={0..9}  \r\n/abs.tar\n", "list.txt")
    #expect(
      try ShardPaths.expand(["https://u:p@host/{a,b}-{00..01}.tar?s={1,2}", "x{1..2}.tar"]) == [
        "https://u:p@host/a-00.tar?s={1,2}", "https://u:p@host/a-01.tar?s={1,2}",
        "https://u:p@host/b-00.tar?s={1,2}", "https://u:p@host/b-01.tar?s={1,2}", "x1.tar", "x2.tar",
      ])
    #expect(
      try ShardPaths.expand(["@\(folder.path)/list.txt"]) == [
        "\(folder.path)/near-0.tar", "\(folder.path)/near-1.tar", "https://host/far.tar?sig={0..9}",
        "/abs.tar",
      ])
    for source in ["https://host/a", "http://host/{0..9}.tar?x", "@list.txt", "a.tar", "{a.tar,b.tar}"] {
      #expect(ShardPaths.isTars(source), "\(source)")
    }
    for source in ["photos", "list.txt", "https:/host", "@"] { #expect(!ShardPaths.isTars(source)) }
    try folder.write("https://host/{a.tar?sig=SECRET\n", "broken.txt")
    try folder.write("# none\n", "none.txt")
    let broken = RemoteFixtures.error { _ = try ShardPaths.expand(["@\(folder.path)/broken.txt"]) }
    #expect("\(broken.map { "\($0)" } ?? "")".contains("broken.txt (list): line 1: the pattern must be"))
    #expect(!String(reflecting: broken).contains("SECRET"))
    for name in ["none.txt", "missing.txt"] {
      #expect(throws: TesseraError.self) { try ShardPaths.expand(["@\(folder.path)/\(name)"]) }
    }
  }

  @Test("sums are read as sha256sum writes them, and nothing else is")
  func checksums() throws {
    let a = String(repeating: "0a", count: 32)
    let b = String(repeating: "1B", count: 32)
    let sums = try ShardChecksums(
      Array("# made by hand\n\(a)  data/x.tar\n\(b) *y.tar\r\n\n".utf8), name: "sums")
    #expect(sums.sum(of: "https://host/deep/x.tar") == a)
    #expect(sums.sum(of: "y.tar") == b.lowercased())
    #expect(sums.sum(of: "z.tar") == nil)
    for text in [
      "\(a) x.tar", "\(a)  ", "\(a.dropLast())  x", "no sum", "\(a)  x\n\(b)  y/x", "\(a)  \u{0}/",
    ] {
      let error = RemoteFixtures.error { _ = try ShardChecksums(Array(text.utf8), name: "sums") }
      if text.hasSuffix("\u{0}/") { continue }
      guard case .corrupt("the checksums", _)? = error?.reason else {
        Issue.record("\(text): \(String(describing: error))")
        continue
      }
    }
    #expect(throws: TesseraError.self) {
      try ShardChecksums(Array("\(a)  x\n".utf8) + [0xFF, 10], name: "s")
    }
  }

  @Test("options that cannot be are refused with their name")
  func options() {
    for change in [
      { (o: inout RemoteOptions) in o.pieceSize = 0 }, { $0.attempts = 0 }, { $0.cacheSize = -1 },
      { $0.seconds = .nan }, { $0.connections = 0 }, { $0.redirects = -1 },
    ] as [(inout RemoteOptions) -> Void] {
      var options = RemoteOptions()
      change(&options)
      #expect(throws: TesseraError.self) { try RemoteStore(options) }
    }
  }
}
