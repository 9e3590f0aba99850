import Foundation
import TestSupport
import Tessera
import Testing

@Suite("ImageFolder")
struct ImageFolderTests {
  static func folder(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { try folder.write([1], name) }
    return folder
  }

  @Test("classes and files are in torchvision's order: by code point, any depth, any case of extension")
  func order() throws {
    let folder = try Self.folder([
      "b/2.png", "b/10.JPG", "B/x.webp", "a/z.jpeg", "a/sub/k.png", "a/sub2/a.bmp", "a/A.png", "ä/1.tif",
      "a/notes.txt",
      "root.png",
    ])
    let data = try ImageFolder(folder.path)
    #expect(data.classes == ["B", "a", "b", "ä"])
    let names = (0..<data.count).map { data.name(at: $0) }
    #expect(
      names == [
        "B/x.webp", "a/A.png", "a/z.jpeg", "a/sub/k.png", "a/sub2/a.bmp", "b/10.JPG", "b/2.png", "ä/1.tif",
      ])
    #expect(try (0..<data.count).map { try data[$0].label } == [0, 1, 1, 1, 1, 2, 2, 3])
  }

  @Test("an empty class, a folder without classes and one that is not there are errors that name it")
  func empty() throws {
    let folder = try Self.folder(["a/1.png", "b/notes.txt"])
    let error = #expect(throws: TesseraError.self) { try ImageFolder(folder.path) }
    #expect(error?.description.contains("none in 'b'") == true && error?.stage == .list)
    let allowed = try ImageFolder(folder.path, allowEmptyClasses: true)
    #expect(allowed.classes == ["a", "b"] && allowed.count == 1)
    #expect(throws: TesseraError.self) { try ImageFolder(try Self.folder(["1.png"]).path) }
    let missing = #expect(throws: TesseraError.self) { try ImageFolder(folder.path + "/none") }
    #expect(missing?.path?.hasSuffix("/none") == true)
  }

  @Test("links to folders above are not followed round and round; others are")
  func links() throws {
    let folder = try Self.folder(["a/1.png", "b/2.png"])
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path + "/a/up", withDestinationPath: folder.path)
    try manager.createSymbolicLink(atPath: folder.path + "/b/self", withDestinationPath: folder.path + "/b")
    try manager.createSymbolicLink(atPath: folder.path + "/c", withDestinationPath: folder.path + "/b")
    let data = try ImageFolder(folder.path)
    #expect(data.classes == ["a", "b", "c"] && data.count == 3)
  }

  @Test("a name that is not UTF-8 keeps its index and fails when it is asked for")
  func foreignName() throws {
    let folder = try Self.folder(["a/1.png"])
    let made = "cd '\(folder.path)/a' && printf x > \"$(printf 'b\\377.png')\""
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", made]
    try process.run()
    process.waitUntilExit()
    let data = try ImageFolder(folder.path)
    #expect(data.count == 2)
    let loader = DataLoader(data, batchSize: 2, onError: .skip(maximum: 1))
    let failures = try loader.batch(at: BatchPosition(epoch: 0, batch: 0)).failures
    #expect(failures.map(\.stage) == [.header, .list])
    #expect(failures.last?.reason.contains("not UTF-8") == true)
  }

  @Test("a list brings the folder back: names with newlines, tabs and backslashes, labels, sizes")
  func list() throws {
    let folder = try Self.folder(["a/1.png", "a/x\ny.png", "b/t\tab.png", "b/back\\slash.png"])
    let data = try ImageFolder(folder.path)
    let file = folder.path + "/train.list"
    try data.writeList(to: file)
    let again = try ImageFolder(list: file)
    #expect(again.classes == data.classes && again.count == 4 && again.root == data.root)
    for index in 0..<4 {
      #expect(again.name(at: index) == data.name(at: index))
      #expect(try again.label(at: index) == data.label(at: index))
    }
    // The list knows the sizes, so its fingerprint is the folder's without a look at the files.
    #expect(try again.fingerprint() == data.fingerprint())
    try folder.write([1, 2], "a/1.png")
    #expect(try ImageFolder(folder.path).fingerprint() != again.fingerprint())
    #expect(try ImageFolder(list: file, root: "/elsewhere").name(at: 0) == "a/1.png")
  }

  @Test("a damaged list is refused with its line", arguments: ["", "{}\n", "CUT", "LINE", "LABEL"])
  func damagedList(_ kind: String) throws {
    let folder = try Self.folder(["a/1.png", "a/2.png"])
    let file = folder.path + "/train.list"
    try ImageFolder(folder.path).writeList(to: file)
    var text = try String(contentsOfFile: file, encoding: .utf8)
    switch kind {
    case "CUT": text = String(text.dropLast(12))
    case "LINE": text += "0\tx\tname.png\n"
    case "LABEL": text = text.replacingOccurrences(of: "0\t1\ta/2", with: "7\t1\ta/2")
    default: text = kind
    }
    try folder.write(text, "train.list")
    let error = #expect(throws: TesseraError.self) { try ImageFolder(list: file) }
    #expect(error?.path == file)
  }

  @Test("the listing of PictureFiles and of ImageFolder agree where there are classes")
  func agreesWithPictureFiles() throws {
    let photos = Repository.path("samples/photos")
    let (folder, files) = (try ImageFolder(photos), try PictureFiles(source: photos))
    #expect(folder.classes == files.classes && folder.count == files.count)
    for index in 0..<folder.count {
      #expect(folder.name(at: index) == files[index].name)
      #expect(try folder.label(at: index) == files.label(at: index))
    }
  }
}
