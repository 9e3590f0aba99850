import Foundation
import TestSupport
import Tessera
import Testing

@Suite("the command stats")
struct StatsCommandTests {
  static let photos = Repository.path("samples/photos")

  static func png(_ seed: UInt64) throws -> [UInt8] {
    try PNGEncoder().encode(Pictures.ramps(Size(width: 20 + Int(seed % 9), height: 16), .rgb, seed: seed))
  }

  @Test(
    "wrong usage exits with 64 and says what is allowed",
    arguments: [
      (["a", "--threads", "0"], "at least 1"), (["a", "--sample", "0"], "at least 1"),
      (["a", "--headers-only", "--channels"], "--headers-only decodes none"),
      (["a", "--headers-only", "--pixels"], "--headers-only decodes none"),
      (["a", "--headers-only", "--with", "resize(8)"], "--headers-only decodes none"),
      (["a", "--with", "resiz(3)"], "did you mean 'resize'"),
      (["a", "--with", "resize(3)", "--preset", "clip"], "only one"),
      (["a", "--preset", "clop"], "imagenet-eval"),
      ([], "src"),
    ])
  func usage(_ arguments: [String], _ hint: String) throws {
    let result = try Command.run(["stats"] + arguments)
    #expect(result.status == 64 && result.errors.contains(hint), "\(result.errors)")
  }

  @Test("--json is what the library finds, whatever the threads")
  func json() throws {
    struct Photos: Dataset {
      let files: PictureFiles
      var count: Int { files.count }
      var classes: [String] { files.classes }
      func sample(at index: Int) throws -> Sample {
        Sample(.file(files[index].path), label: files[index].label, name: files[index].name)
      }
    }
    var job = StatsJob(dataset: Photos(files: try PictureFiles(source: Self.photos)))
    job.policy = .pillow
    job.pipeline = try Pipeline(text: "resize(32)")
    job.countsValues = true
    job.findsPixelDuplicates = true
    let expected = try job.run()
    for threads in ["1", "2", "5"] {
      let result = try Command.run([
        "stats", Self.photos, "--json", "--profile", "pillow", "--with", "resize(32)|to_tensor", "--channels",
        "--pixels", "--threads", threads,
      ])
      #expect(result.status == 0)
      #expect(try DatasetStatistics(json: result.output) == expected)
      #expect(result.errors.contains("after resize(32)"))
    }
  }

  @Test("the text shows the exact means, the step to copy, every kind and every class")
  func text() throws {
    let result = try Command.run(["stats", Self.photos])
    #expect(result.status == 0)
    let statistics = try DatasetStatistics(json: Command.run(["stats", Self.photos, "--json"]).output)
    let group = try #require(statistics.pixels.first)
    for channel in group.channels {
      #expect(result.output.contains(String(format: "%.6f  %.6f", channel.mean, channel.standardDeviation)))
    }
    #expect(result.output.contains(try #require(group.normalize)))
    for row in statistics.classes?.classes ?? [] { #expect(result.output.contains("  \(row.name) ")) }
    for words in ["CMYK", "progressive JPEG", "interlaced PNG", "16 bits", "palette", "EXIF orientation"] {
      #expect(result.output.contains(words))
    }
    // Not a terminal: plain characters, no block.
    #expect(result.output.contains("###") && !result.output.contains("█"))
    #expect(result.output.split(separator: "\n").filter { $0.contains("##") }.allSatisfy { $0.count <= 80 })
  }

  @Test("damage exits with 1; ten failures are shown, all are in --json and --errors")
  func failures() throws {
    let folder = try TemporaryFolder()
    for i in 0..<14 { try folder.write("no picture \(i)", "pictures/cat/\(i).jpg") }
    try folder.write(try Self.png(1), "pictures/dog/good.png")
    let source = folder.path + "/pictures"
    let result = try Command.run(["stats", source, "--errors", folder.path + "/new/errors.jsonl"])
    #expect(result.status == 1)
    #expect(result.output.contains("failed: 14") && result.output.contains("4 more in --json and --errors"))
    #expect(result.output.components(separatedBy: "not a known picture format").count == 11)
    let lines = try folder.lines("new/errors.jsonl")
    #expect(lines.count == 14 && lines.allSatisfy { $0.contains("\"stage\":\"header\"") })
    let json = try Command.run(["stats", source, "--json", "--headers-only"])
    #expect(json.status == 1)
    let statistics = try DatasetStatistics(json: json.output)
    #expect(statistics.failures.count == 14 && statistics.pictures == 1 && statistics.settings.headersOnly)
  }

  @Test("an empty folder and a source that is not there exit with 1 and say so")
  func nothing() throws {
    let folder = try TemporaryFolder()
    let empty = try Command.run(["stats", folder.path])
    #expect(empty.status == 1 && empty.errors.contains("no pictures in") && empty.errors.contains(".jpg"))
    #expect(empty.output.isEmpty)
    let missing = try Command.run(["stats", "/no/such\u{1B}[2J/place", "--json"])
    #expect(missing.status == 1 && missing.errors.contains("/no/such\\u{1B}[2J/place"))
  }

  @Test("a flat folder, a loop of links, a list and a single picture all work")
  func sources() throws {
    let folder = try TemporaryFolder()
    try folder.write(try Self.png(1), "in/1.png")
    try folder.write(try Self.png(2), "in/2.png")
    let flat = try Command.run(["stats", folder.path + "/in"])
    #expect(flat.status == 0 && flat.output.contains("2 pictures") && !flat.output.contains("classes"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/in/loop", withDestinationPath: folder.path)
    let looped = try Command.run(["stats", folder.path + "/in"])
    #expect(looped.status == 0 && looped.output.contains("2 pictures"), "\(looped.output)")
    try folder.write("in/1.png\nin/2.png\nin/1.png\n", "list.txt")
    let list = try Command.run(["stats", folder.path + "/list.txt"])
    #expect(list.output.contains("3 pictures") && list.output.contains("in/1.png = in/1.png"))
    #expect(try Command.run(["stats", folder.path + "/in/1.png"]).output.contains("1 picture,"))
  }

  @Test("--sample looks at so many, drawn by the seed, and says so")
  func sample() throws {
    let runs = try ["1", "1", "2"].map { seed in
      try Command.run(["stats", Self.photos, "--sample", "12", "--seed", seed, "--headers-only"])
    }
    #expect(runs.allSatisfy { $0.status == 0 && $0.output.contains("12 pictures") })
    #expect(runs[0].output.contains("a random sample of 12 of 44, seed 1"))
    #expect(runs[0].output == runs[1].output && runs[0].output != runs[2].output)
  }

  @Test("the sheet is the same every time, and of the size that its panels make")
  func sheet() throws {
    let folder = try TemporaryFolder()
    for name in ["1.png", "2.png"] {
      let result = try Command.run([
        "stats", Self.photos, "--channels", "-o", folder.path + "/new/" + name, "--threads",
        name == "1.png" ? "1" : "3",
      ])
      #expect(result.status == 0)
    }
    let files = try TemporaryFolder.contents(folder.path)
    #expect(files["new/1.png"] == files["new/2.png"])
    let sheet = try ImageDecoder().decode(path: folder.path + "/new/1.png")
    #expect(sheet.size == Size(width: 1592, height: 1542))
    // Bars, and all three channels' colours, are on it.
    var colours: Set<[UInt8]> = []
    let bytes = sheet.bytes
    for at in stride(from: 0, to: bytes.count, by: 3) { colours.insert(Array(bytes[at..<at + 3])) }
    for colour: [UInt8] in [
      [92, 160, 226], [236, 84, 84], [88, 200, 104], [84, 140, 248], [232, 158, 84],
    ] {
      #expect(colours.contains(colour))
    }
    let none = try TemporaryFolder()
    try none.write("no picture", "a/1.png")
    let bad = try Command.run(["stats", none.path, "-o", folder.path + "/bad.png"])
    #expect(bad.status == 1 && FileManager.default.fileExists(atPath: folder.path + "/bad.png"))
  }

  @Test("on a terminal, bars are blocks that fit its width, and hostile names cannot speak to it")
  func terminal() async throws {
    let folder = try TemporaryFolder()
    for i in 0..<4 {
      try folder.write(try Self.png(UInt64(i)), "cl\u{1B}]0;owned\u{07}ass\n/\(i)\u{1B}[31m.png")
    }
    try folder.write("bad", "cl\u{1B}]0;owned\u{07}ass\n/bad\u{9B}31m\r.png")
    for width in [60, 120] {
      let reply = try await Oracle.pillow13.run(
        """
        import os, pty, subprocess, fcntl, termios
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack('HHHH', 40, width, 0, 0))
        child = subprocess.Popen([command, 'stats', folder], stdout=other, stderr=subprocess.PIPE)
        os.close(other)
        text = b''
        while True:
            try: more = os.read(main, 65536)
            except OSError: break
            if not more: break
            text += more
        errors = child.stderr.read(); os.close(main)
        out = {'status': child.wait(), 'text': text.decode(), 'errors': errors.decode()}
        """, ["command": .string(try Command.path), "folder": .string(folder.path), "width": .int(width)])
      struct Run: Decodable {
        var status: Int
        var text: String
        var errors: String
      }
      let run = try reply.json(Run.self)
      #expect(run.status == 1 && run.text.contains("█"))
      for text in [run.text, run.errors] {
        #expect(
          text.unicodeScalars.allSatisfy { scalar in
            "\r\n".unicodeScalars.contains(scalar)
              || ![.control, .format].contains(scalar.properties.generalCategory)
          })
      }
      #expect(run.text.contains("bad\\u{9B}31m\\r.png") && run.text.contains("\\u{1B}]0;owned"))
      let bars = run.text.split(whereSeparator: \.isNewline).filter { $0.contains("█") }
      #expect(
        !bars.isEmpty && bars.allSatisfy { $0.count <= width } && bars.contains { $0.count > width - 8 })
    }
  }

  @Test(
    "ctrl-C shows what there is so far, says that it is partial, and exits with 1", arguments: [true, false])
  func interrupted(_ isJSON: Bool) throws {
    let folder = try TemporaryFolder()
    let image = Pictures.ramps(Size(width: 400, height: 300), .rgb, seed: 1)
    try folder.write(try JPEGEncoder().encode(image), "1.jpg")
    // Minutes of work, of which a second is done.
    try folder.write(String(repeating: "1.jpg\n", count: 200_000), "list.txt")
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: try Command.path)
    process.arguments = ["stats", folder.path + "/list.txt"] + (isJSON ? ["--json"] : [])
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    Thread.sleep(forTimeInterval: 1.5)
    kill(process.processIdentifier, SIGINT)
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    if isJSON {
      let statistics = try DatasetStatistics(json: text)
      #expect(statistics.isPartial && statistics.samples == 200_000)
      #expect(statistics.examined > 0 && statistics.examined < 200_000)
      #expect(statistics.pixels[0].pixelCount == statistics.examined * 120_000)
    } else {
      #expect(text.contains("PARTIAL: interrupted after"))
    }
  }
}
