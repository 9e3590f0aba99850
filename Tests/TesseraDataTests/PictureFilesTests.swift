import Foundation
import TestSupport
import Tessera
import Testing

@Suite("lists of pictures")
struct PictureFilesTests {
  /// Names whose order differs between bytes, paths, cases and normal forms.
  static let names = [
    "b/2.jpg", "b/10.jpg", "B/x.png", "a-b/1.png", "a/z/1.png", "a/z-1/1.png", "a/z.png", "a/Z.PNG",
    "a/é.png",
    "a/e\u{301}.png", "a/zz.jpeg", "a/.hidden.png", "ß/1.webp", "z/deep/er/1.TIFF", "𝒳/1.bmp", "～/1.bmp",
    "b/notes.txt", "b/1.gif", "README.md",
  ]

  @Test("a folder's order and classes are those of torchvision's ImageFolder")
  func order() async throws {
    let folder = try TemporaryFolder()
    for name in Self.names { try folder.write([0], name) }
    let list = try PictureFiles(source: folder.path)
    let reply = try await Oracle.pillow13.run(
      """
      import os
      ends = ('.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp')
      classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
      found = []
      for label, name in enumerate(classes):
          for place, _, files in sorted(os.walk(os.path.join(root, name), followlinks=True)):
              for file in sorted(files):
                  if file.lower().endswith(ends):
                      found.append([os.path.relpath(os.path.join(place, file), root), label])
      out = {'classes': classes, 'names': [f[0] for f in found], 'labels': [f[1] for f in found]}
      """, ["root": .string(folder.path)])
    struct Expected: Decodable {
      var classes: [String]
      var names: [String]
      var labels: [Int]
    }
    let expected = try reply.json(Expected.self)
    #expect(list.files.map { Array($0.name.utf8) } == expected.names.map { Array($0.utf8) })
    #expect(list.files.map(\.label) == expected.labels)
    #expect(list.classes.map { Array($0.utf8) } == expected.classes.map { Array($0.utf8) })
  }

  @Test("pictures in the root itself come first and have no class")
  func root() throws {
    let folder = try TemporaryFolder()
    for name in ["a/1.png", "z.png"] { try folder.write([0], name) }
    let list = try PictureFiles(source: folder.path)
    #expect(list.files.map(\.name) == ["z.png", "a/1.png"])
    #expect(list.files.map(\.label) == [nil, 0])
  }

  @Test("a link to a folder above does not hang; other links are followed")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.write([0], "a/1.png")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path + "/a/up", withDestinationPath: "..")
    try manager.createSymbolicLink(atPath: folder.path + "/b", withDestinationPath: "a")
    try manager.createSymbolicLink(atPath: folder.path + "/a/broken.png", withDestinationPath: "nowhere")
    let list = try PictureFiles(source: folder.path)
    #expect(list.files.map(\.name) == ["a/1.png", "a/broken.png", "b/1.png", "b/broken.png"])
  }

  @Test("a name that is not UTF-8 keeps its place and its reason")
  func notUTF8() throws {
    let folder = try TemporaryFolder()
    for name in ["a/1.png", "a/3.png"] { try folder.write([0], name) }
    let bad = Array("\(folder.path)/a/2".utf8) + [0xFF] + Array(".png".utf8) + [0]
    let file = bad.withUnsafeBytes { fopen($0.baseAddress!.assumingMemoryBound(to: CChar.self), "w") }
    fclose(file)
    let list = try PictureFiles(source: folder.path)
    #expect(list.files.map { $0.fault == nil } == [true, false, true])
    #expect(list[1].name == "a/2\u{FFFD}.png")
  }

  @Test("a text list gives its lines, relative to its own folder")
  func textList() throws {
    let folder = try TemporaryFolder()
    try folder.write("# comment\r\n\nb.png\r\nsub/a.png\n/abs/c.png", "list.txt")
    let list = try PictureFiles(source: folder.path + "/list.txt")
    #expect(list.files.map(\.name) == ["b.png", "sub/a.png", "/abs/c.png"])
    #expect(list.files.map(\.path) == [folder.path + "/b.png", folder.path + "/sub/a.png", "/abs/c.png"])
  }

  @Test("a JSONL list numbers named labels by their sorted names, and keeps numbers")
  func jsonList() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"{"path": "1.png", "label": "dog"}"# + "\n" + #"{"path": "2.png", "label": "cat"}"# + "\n"
        + #"{"path": "3.png"}"#, "named.jsonl")
    let named = try PictureFiles(source: folder.path + "/named.jsonl")
    #expect(named.classes == ["cat", "dog"])
    #expect(named.files.map(\.label) == [1, 0, nil])
    try folder.write(#"{"path": "1.png", "label": 7}"#, "numbered.jsonl")
    let numbered = try PictureFiles(source: folder.path + "/numbered.jsonl")
    #expect(numbered.classes.isEmpty && numbered[0].label == 7)
  }

  @Test(
    "a line of a JSONL list that cannot be read keeps its place, costs itself only and is named",
    arguments: ["{\"path\": 3}", "nonsense", "{\"label\": \"x\"}", "{\"path\": \"a\", \"label\": -1}"])
  func wrongList(_ line: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("{\"path\": \"a.png\"}\n\(line)\n", "list.jsonl")
    let list = try PictureFiles(source: folder.path + "/list.jsonl")
    #expect(list.count == 2 && list[0].fault == nil)
    #expect(list[1].fault?.description.contains("line 2") == true)
  }

  @Test("outputs mirror the source; shared stems keep the extension, and nothing collides")
  func names() {
    #expect(
      OutputNames(["a/1.jpg", "b/1.jpg", "c"], fileExtension: "npy").names == ["a/1.npy", "b/1.npy", "c.npy"])
    let shared = OutputNames(["a.jpg", "a.png", "b.png"], fileExtension: "npy")
    #expect(shared.names == ["a.jpg.npy", "a.png.npy", "b.npy"])
    #expect(shared.shared == [0, 1])
    // Keeping the extension of `a.jpg` would take the name that `a.jpg.png` has.
    #expect(
      OutputNames(["a.jpg", "a.png", "a.jpg.png"], fileExtension: "npy").names
        == ["a.jpg.npy", "a.png.npy", "a.jpg.png.npy"])
    #expect(OutputNames(["x.png", "x.png"], fileExtension: "npy").names == ["x.png.0.npy", "x.png.1.npy"])
    #expect(
      OutputNames(["../../etc/x.png", "/abs/y.png"], fileExtension: "png").names == [
        "etc/x.png", "abs/y.png",
      ])
    #expect(
      OutputNames([".hidden.png", "v1.2/pic"], fileExtension: "npy").names == [".hidden.npy", "v1.2/pic.npy"])
  }
}
