import Foundation
import TestSupport
import Tessera
import Testing

/// Python's `tarfile` and the package `webdataset` are the judges.
@Suite("tars between Python and Tessera") struct TarParityTests {
  /// Members with names of all lengths and scripts: what the three formats store differently.
  static let names: [String] =
    ["a.jpg", "a.cls", "dir/b.seg.PNG", "dir/b.json", "ä/ö.ü.txt", "漢字/鍵.jpg"]
    + [99, 100, 101, 154, 155, 156, 255, 256, 257, 300, 1000].map {
      "x" + String(repeating: "y", count: $0 / 2 - 2) + "/" + String(repeating: "z", count: $0 - $0 / 2 - 4)
        + ".jpg"
    }

  static func content(_ index: Int) -> [UInt8] {
    (0..<[0, 1, 511, 512, 513, 3000][index % 6]).map { UInt8(truncatingIfNeeded: $0 * 7 + index) }
  }

  @Test("we read what tarfile writes, in each of its formats", arguments: ["USTAR", "GNU", "PAX"])
  func readPython(_ format: String) async throws {
    let folder = try TemporaryFolder()
    // ustar cannot hold names over 256 bytes.
    let names = Self.names.filter { format != "USTAR" || $0.utf8.count <= 256 }
    for (index, name) in names.enumerated() where !name.isEmpty {
      try folder.write(Self.content(index), "content/\(index)")
    }
    let kept = try await Oracle.pillow13.run(
      """
      import tarfile
      kept = []
      with tarfile.open(folder + '/t.tar', 'w', format=getattr(tarfile, fmt + '_FORMAT')) as t:
          t.addfile(tarfile.TarInfo('__meta__'))
          d = tarfile.TarInfo('dir'); d.type = tarfile.DIRTYPE; t.addfile(d)
          for i, name in enumerate(names):
              body = open(f'{folder}/content/{i}', 'rb').read()
              info = tarfile.TarInfo(name)
              info.size, info.mtime, info.uname = len(body), 1.5 + i, 'somebody'
              try:
                  t.addfile(info, io.BytesIO(body))
                  kept.append(i)
              except ValueError:
                  pass
      out = kept
      """,
      [
        "folder": .string(folder.path), "fmt": .string(format),
        "names": .json(String(decoding: try JSONEncoder().encode(names), as: UTF8.self)),
      ]
    ).json([Int].self)
    #expect(kept.count >= 12)
    let index = try TarIndex.open(folder.path + "/t.tar")
    #expect(index.faults.isEmpty, "\(index.faults)")
    let members = (0..<index.count).flatMap { index.members($0) }
    #expect(members.map(\.name) == kept.map { names[$0] })
    for (member, number) in zip(members, kept) {
      #expect(try Self.bytes(index.path, member.bytes) == Self.content(number))
    }
    let data = try WebDataset(folder.path + "/t.tar")
    let b = try #require((0..<data.count).first { data.key(of: $0) == "dir/b" })
    #expect(data.members(of: b).map(\.suffix) == ["seg.png", "json"])
  }

  static func bytes(_ path: String, _ range: Range<Int>) throws -> [UInt8] {
    try #require(
      try PictureSource.section(file: path, bytes: range, name: "m").encodedBytes())
  }

  @Test("tarfile and tar read what we write, and owner, mode and time are fixed") func writeForPython()
    async throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/t.tar"
    let writer = try TarWriter(path)
    for (index, name) in Self.names.enumerated() { try writer.write(name, Self.content(index)) }
    #expect(!FileManager.default.fileExists(atPath: path))
    let size = try writer.finish()
    #expect(size % 10240 == 0 && FileIO.size(path) == size)
    let reply = try await Oracle.pillow13.run(
      """
      import tarfile, subprocess, hashlib
      rows = []
      with tarfile.open(path) as t:
          for m in t:
              assert (m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname) == (0o444, 0, 0, 0, '', ''), m
              rows.append([m.name, list(t.extractfile(m).read())])
      listed = subprocess.run(['tar', 'tf', path, '--quoting-style=literal'], capture_output=True, check=True)
      assert listed.stderr == b'', listed.stderr
      assert listed.stdout.decode().splitlines() == [r[0] for r in rows]
      out = rows
      """, ["path": .string(path)])
    struct Row: Decodable, Equatable {
      var name: String
      var bytes: [Int]
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        name = try list.decode(String.self)
        bytes = try list.decode([Int].self)
      }
    }
    let rows = try reply.json([Row].self)
    #expect(rows.map(\.name) == Self.names)
    for (index, row) in rows.enumerated() { #expect(row.bytes == Self.content(index).map { Int($0) }) }
  }

  @Test("names fall into keys and suffixes as in webdataset") func names() async throws {
    var random = RandomStream(seed: 3)
    let pieces = ["a", "b", ".", "..", "/", "__", "A", "png", "x.y", "ß", "_"]
    let names = (0..<4000).map { _ in
      (0..<random.integer(in: 1...7)).map { _ in pieces[random.integer(in: 0...pieces.count - 1)] }.joined()
    }
    // Names that no tar may hold here are other tests' matter.
    let safe = names.filter {
      !$0.hasPrefix("/") && !$0.hasSuffix("/") && !$0.split(separator: "/").contains("..")
    }
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/t.tar")
    for name in safe { try writer.write(name, [1]) }
    try writer.finish()
    let expected = try await Oracle.webDataset.run(
      """
      import re
      from webdataset.tariterators import base_plus_ext
      out = []
      for n in names:
          if re.match(r"__[^/]*__($|/)", n): continue  # tar_file_iterator's skip_meta
          key, suffix = base_plus_ext(n)
          if key: out.append([key, suffix.lower()])
      """, ["names": .json(String(decoding: try JSONEncoder().encode(safe), as: UTF8.self))]
    ).json([[String]].self)
    let index = try TarIndex.open(folder.path + "/t.tar")
    // A suffix that comes twice in one sample is a fault, and counts once.
    var (found, place): ([[String]], Int) = ([], 0)
    for sample in 0..<index.count {
      let members = index.members(sample).map { [index.key(sample), $0.suffix] }
      var left = Set(members)
      while place < expected.count, expected[place][0] == index.key(sample) {
        #expect(members.contains(expected[place]))
        left.remove(expected[place])
        found.append(expected[place])
        place += 1
      }
      #expect(left.isEmpty)
    }
    #expect(place == expected.count && expected.count > 1000)
  }

  @Test("webdataset reads our shards, and we read its: samples, fields and bytes") func webdataset()
    async throws
  {
    let folder = try TemporaryFolder()
    let picture = try JPEGEncoder().encode(Pictures.ramps(Size(width: 20, height: 10), .rgb, seed: 1))
    let writer = try TarWriter(folder.path + "/ours-000000.tar")
    for i in 0..<20 {
      let json = #"{"messages":[{"role":"user","content":"what?"},{"role":"assistant","content":"\#(i)"}]}"#
      try writer.writeSample(
        key: "c\(i % 3)/s\(i)",
        [
          ("txt", Array("a caption \(i)".utf8)), ("jpg", picture + [UInt8(i)]),
          ("cls", Array("\(i % 3)".utf8)),
          ("json", Array(json.utf8)),
        ])
    }
    try writer.finish()
    let theirs = try await Oracle.webDataset.run(
      """
      import webdataset as wds
      rows = []
      for s in wds.WebDataset(folder + '/ours-{000000..000000}.tar', shardshuffle=False):
          rows.append([s['__key__'], list(s['jpg']), s['cls'].decode(), s['txt'].decode()])
          assert json.loads(s['json'])['messages'][1]['content'] == s['txt'].decode().split()[-1]
      with wds.ShardWriter(folder + '/theirs-%06d.tar', maxcount=8, verbose=0) as w:
          for i, r in enumerate(rows):
              w.write({'__key__': r[0], 'jpg': bytes(r[1]), 'cls': int(r[2]), 'txt': r[3],
                       'npy': np.arange(i, i + 4, dtype=np.float32).reshape(2, 2),
                       'feat.npy': np.array([i]), 'mp3': b'sound'})
      out = rows
      """, ["folder": .string(folder.path)])
    #expect(theirs.kind == "json")
    let ours = try WebDataset(folder.path + "/ours-000000.tar")
    let back = try WebDataset(folder.path + "/theirs-{000000..000002}.tar")
    #expect(ours.count == 20 && back.count == 20 && back.shards.map(\.count) == [8, 8, 4])
    for i in 0..<20 {
      let (a, b) = (try ours[i], try back[i])
      #expect(a.label == i % 3 && b.label == i % 3 && a.text == "a caption \(i)" && b.text == a.text)
      #expect(a.conversation == [.init(.user, "what?"), .init(.assistant, "\(i)")])
      #expect(try a.pictures[0].encodedBytes() == picture + [UInt8(i)])
      #expect(try b.pictures[0].encodedBytes() == picture + [UInt8(i)])
      let floats = (0..<4).map { Float(i + $0) }
      #expect(
        b.tensors == [
          "npy": .float32(Tensor(shape: [2, 2], floats)), "feat": .int64(Tensor(shape: [1], [Int64(i)])),
        ])
      #expect(try back.bytes("mp3", of: i) == Array("sound".utf8))
      #expect(try back.label(at: i) == i % 3 && back.key(of: i) == "c\(i % 3)/s\(i)")
      #expect(try back.bytes("wav", of: i) == nil)
    }
  }

  @Test("braces expand as in Python's braceexpand") func braces() async throws {
    let patterns = [
      "a.tar", "s-{000000..000012}.tar", "{a,b}.tar", "{a,b{1..3}}x{,y}", "{3..1}", "{01..10}", "{1..010}",
      "{a..e}",
      "{c..a}", "{1..10..3}", "{-2..2}", "{abc}", "{}", "x{a}y{b,c}", #"a\{b,c\}"#, #"{a\,b,c}"#, "{0..0}",
      "{a,b}{c,d}{1..2}",
      "{1..2..0}", "{a..c..2}", "{-01..2}", "{,}", "{1.5..2}", "{{a,b}}", "{1..3}{x}", "{A..C}",
    ]
    let expected = try await Oracle.webDataset.run(
      "from braceexpand import braceexpand\nout = [list(braceexpand(p)) for p in patterns]",
      ["patterns": .json(String(decoding: try JSONEncoder().encode(patterns), as: UTF8.self))]
    ).json([[String]].self)
    for (pattern, names) in zip(patterns, expected) {
      #expect(try BraceExpansion.expand(pattern) == names, "\(pattern)")
    }
    for pattern in ["{a", "a}", "{a,{b}", "x{1..3"] {
      #expect(throws: TesseraError.self) { try BraceExpansion.expand(pattern) }
    }
    for pattern in ["{1..99999999999}", "{1..9999}{1..9999}", "{-9223372036854775808..9223372036854775807}"] {
      let error = #expect(throws: TesseraError.self) { try BraceExpansion.expand(pattern) }
      guard case .limitExceeded? = error?.reason else {
        Issue.record("\(pattern)")
        continue
      }
    }
  }
}
