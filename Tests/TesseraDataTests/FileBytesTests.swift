import TestSupport
import Tessera
import Testing

/// Files read into memory that is used again.
@Suite("A file's bytes") struct FileBytesTests {
  @Test("are those that `read` gives, of long and short files in turn, and of files that tell no size")
  func same() throws {
    let folder = try TemporaryFolder()
    var random = RandomStream(seed: 1)
    var paths = ["/proc/self/cmdline", "/proc/self/mounts"]
    for count in [0, 1, 300_000, 2, 70_000, 65_536, 0, 4096] {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next32()) }
      let name = "\(paths.count)"
      try folder.write(bytes, name)
      paths.append(folder.path + "/" + name)
    }
    for path in paths + paths.reversed() {
      let expected = try FileIO.read(path)
      #expect(try FileIO.withBytes(of: path) { Array($0) } == expected, "\(path)")
    }
    #expect(
      try FileIO.withBytes(of: paths[4], range: 70_001..<70_100) { Array($0) }
        == FileIO.read(paths[4], range: 70_001..<70_100))
  }

  @Test("are refused as `read` refuses them, and what the caller throws is passed on") func refusals() throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    try folder.write([UInt8](repeating: 7, count: 5000), "file")
    func errors(of path: String, limit: Int) -> (TesseraError?, TesseraError?) {
      (
        #expect(throws: TesseraError.self) { try FileIO.read(path, limit: limit, isRegular: true) },
        #expect(throws: TesseraError.self) {
          try FileIO.withBytes(of: path, limit: limit, isRegular: true) { _ in Issue.record("read \(path)") }
        }
      )
    }
    // The last one says that it is empty: only reading shows that it is too long.
    for (path, limit) in [
      (path, 4999), (path + "x", 9999), (folder.path, 9999), ("/dev/null", 9), ("/proc/self/mounts", 9),
    ] {
      let (a, b) = errors(of: path, limit: limit)
      #expect(a != nil && a?.path == b?.path && a?.stage == b?.stage)
      if limit != 9 { #expect(a == b) }
    }
    #expect(throws: TesseraError.self) { try FileIO.withBytes(of: path, range: 4000..<5001) { _ in } }
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try FileIO.withBytes(of: path) { _ in throw Refusal() } }
  }
}
