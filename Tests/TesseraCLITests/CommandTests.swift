import Foundation
import TestSupport
import Tessera
import Testing

@Suite("the command")
struct CommandTests {
  static let photos = Repository.path("samples/photos")

  @Test(
    "wrong usage exits with 64 and says what is allowed",
    arguments: [
      (["preprocess", "a", "b"], "--with"),
      (["preprocess", "a", "b", "--with", "resiz(3)"], "did you mean 'resize'"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--preset", "clip"], "only one"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--format", "tiff"], "npy"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--threads", "0"], "at least 1"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--profile", "pil"], "pillow@12.3"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--quality", "101"], "1 to 100"),
      (["preprocess", "a", "b", "--with", "resize(3)", "--alpha", "purple"], "alpha"),
      (["preprocess", "a", "b", "--with", "to_tensor|resize(3)"], "cannot stand here"),
      (["preprocess", "a", "b", "--preset", "clop"], "imagenet-eval"),
      (["preprocess", "a", "--with", "resize(3)"], "dst"),
      (["preview", "a", "--with", "resize(3)"], "output"),
      (["preview", "a", "--with", "resize(3)", "-o", "x.png", "--count", "0"], "--count"),
      (["transforms", "nothing_such"], "no transform"),
      (["inspect"], "path"), (["frobnicate"], "frobnicate"),
    ])
  func usage(_ arguments: [String], _ hint: String) throws {
    let result = try Command.run(arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(hint), "\(result.errors)")
  }

  @Test("a source that is not there exits with 1 and names it")
  func missing() throws {
    let folder = try TemporaryFolder()
    let result = try Command.run(["preprocess", "/no/such/place", folder.path, "--with", "resize(3)"])
    #expect(result.status == 1 && result.errors.contains("/no/such/place"))
  }

  @Test("--version names the codecs and the SIMD level")
  func version() throws {
    let result = try Command.run(["--version"])
    #expect(result.status == 0 && result.output.contains("libjpeg-turbo") && result.output.contains("libpng"))
    #expect(result.output.contains("simd \(SIMDLevel.current.rawValue) of scalar portable"))
  }

  @Test("TESSERA_SIMD sets a ceiling, and a word that is no level exits with 64")
  func simd() throws {
    func run(_ word: String) throws -> Command.Result {
      try Shell.run("$TESSERA --version", environment: ["TESSERA_SIMD": word])
    }
    for level in SIMDLevel.available {
      let result = try run(level.rawValue)
      #expect(result.status == 0 && result.output.contains("simd \(level.rawValue) of"))
    }
    #expect(try run("auto").output == run("").output)
    let result = try run("sse9")
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.errors.contains("TESSERA_SIMD must be one of scalar, portable, neon, avx2, avx512, auto"))
    #expect(result.errors.contains("'sse9'"))
  }

  @Test("inspect says of every sample what Pillow says")
  func inspect() async throws {
    let result = try Command.run(["inspect", "--json", Self.photos])
    #expect(result.status == 0)
    let reply = try await Oracle.pillow13.run(
      """
      wrong = []
      for row in rows:
          with Image.open(row['path']) as p:
              same = (p.mode == row['mode'] and p.width == row['width'] and p.height == row['height']
                      and p.getexif().get(274, 1) == row['orientation']
                      and bool(p.info.get('progressive', 0)) == row['progressive']
                      and bool(p.info.get('interlace', 0)) == row['interlaced']
                      and ('icc_profile' in p.info) == row['icc']
                      and (p.has_transparency_data) == row['alpha'])
              if not same: wrong.append(row['path'])
      out = {'count': len(rows), 'wrong': wrong}
      """, ["rows": .json(result.output)])
    struct Verdict: Decodable {
      var count: Int
      var wrong: [String]
    }
    let verdict = try reply.json(Verdict.self)
    #expect(verdict.count >= 24 && verdict.wrong.isEmpty, "\(verdict.wrong)")
  }

  @Test("names of files are never obeyed by a terminal")
  func harmlessNames() throws {
    let folder = try TemporaryFolder()
    let picture = try PNGEncoder().encode(Pictures.ramps(Size(width: 4, height: 4), .rgb, seed: 1))
    let name = "a\u{1B}[31m\u{9B}2J\u{202E}\nb"
    try folder.write(picture, name + ".png")
    try folder.write(picture, "cat\u{1B}[5m/\(name).png")
    for arguments in [
      ["inspect", folder.path], ["stats", folder.path], ["replay", folder.path, "--with", "to_tensor"],
      ["list", folder.path, "-o", folder.path + "/l\u{1B}[1m.txt"],
      ["preview", folder.path, "--with", "resize(8)", "-o", folder.path + "/p\u{1B}[1m.png"],
    ] {
      let result = try Command.run(arguments)
      let told = result.output + result.errors
      #expect(!told.isEmpty && !told.contains("Usage:"), "\(arguments): \(told)")
      for scalar in ["\u{1B}", "\u{9B}", "\u{202E}"] {
        #expect(!told.contains(scalar), "\(arguments): \(told.debugDescription)")
      }
    }
  }

  @Test("inspect goes on after a bad file, and exits with 1")
  func inspectFailure() throws {
    let folder = try TemporaryFolder()
    try folder.write("nonsense", "a.png")
    try folder.write(try PNGEncoder().encode(Pictures.noise(Size(3), .rgb, seed: 1)), "b/b.png")
    let table = try Command.run(["inspect", folder.path])
    #expect(table.status == 1 && table.output.contains("b/b.png") && table.errors.contains("a.png"))
    let flat = try Command.run(["inspect", "--no-recursive", "--json", folder.path])
    #expect(flat.status == 1 && flat.output.contains("error") && !flat.output.contains("b/b.png"))
  }

  @Test("transforms lists every transform: as text, JSON and Markdown")
  func transforms() throws {
    let names = TransformRegistry.schemas.map(\.name)
    let json = try Command.run(["transforms", "--json"])
    let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
    #expect(rows?.compactMap { $0["name"] as? String } == names)
    let markdown = try Command.run(["transforms", "--markdown"]).output
    let text = try Command.run(["transforms"]).output
    for name in names { #expect(markdown.contains("| `\(name)` |") && text.contains("  \(name)")) }
    #expect(try Command.run(["transforms", "to_tensor"]).output.contains("float32"))
  }

  @Test("preview draws a sheet of the size that its options make, the same every time")
  func preview() throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "preview", Self.photos, "--with",
      "random_resized_crop(64)|random_horizontal_flip|to_tensor|normalize(imagenet)",
      "--count", "5", "--variants", "3", "--cell", "64", "--seed", "3", "-o",
    ]
    for name in ["1.png", "2.png"] {
      #expect(try Command.run(arguments + [folder.path + "/new/" + name]).status == 0)
    }
    let header = try ImageHeader(path: folder.path + "/new/1.png")
    #expect(header.size == Size(width: 10 + 4 * 74, height: 10 + 5 * 86))
    let files = try TemporaryFolder.contents(folder.path)
    #expect(files["new/1.png"] == files["new/2.png"])
  }

  @Test("shared stems keep their extension, and the manifest says so")
  func collisions() throws {
    let source = try TemporaryFolder()
    let image = Pictures.ramps(Size(9), .rgb, seed: 1)
    try source.write(try PNGEncoder().encode(image), "a/x.png")
    try source.write(try JPEGEncoder().encode(image), "a/x.jpg")
    try source.write(try PNGEncoder().encode(image), "a/y.png")
    let out = try TemporaryFolder()
    let result = try Command.run(["preprocess", source.path, out.path, "--with", "to_tensor", "--json"])
    #expect(result.status == 0 && result.output.contains("\"done\":3"))
    let names = Set(try TemporaryFolder.contents(out.path).keys)
    #expect(names == ["a/x.png.npy", "a/x.jpg.npy", "a/y.npy", "manifest.jsonl", "errors.jsonl", "run.json"])
    let manifest = try out.lines("manifest.jsonl")
    #expect(manifest.map { $0.contains("note") } == [true, true, false])
  }

  @Test("the README's table is what `tessera transforms` says")
  func readme() throws {
    let readme = String(decoding: try Repository.bytes("README.md"), as: UTF8.self)
    let result = try Command.run(["transforms", "--markdown"])
    #expect(result.status == 0)
    #expect(readme.contains(result.output), "run tools/update-readme")
  }

  @Test(
    "the README's programs are the compiled snippets", arguments: ["Batches", "Options", "Forms", "Replay"])
  func snippets(_ name: String) throws {
    let readme = String(decoding: try Repository.bytes("README.md"), as: UTF8.self)
    let snippet = String(decoding: try Repository.bytes("Snippets/\(name).swift"), as: UTF8.self)
    #expect(readme.contains("```swift\n\(snippet)```"))
  }
}

@Suite("Results that cannot be written")
struct OutputTests {
  @Test("a full standard output is a failure that says so", arguments: ["stats", "transforms", "inspect"])
  func full(_ command: String) throws {
    let photos = Repository.path("samples/photos")
    let arguments = command == "transforms" ? command : "\(command) '\(photos)' --json"
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "'\(try Command.path)' \(arguments) > /dev/full"]
    process.standardError = errors
    try process.run()
    let talk = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(talk.contains("could not be written"), "\(talk)")
  }
}
