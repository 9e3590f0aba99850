import Foundation
import TestSupport
import Tessera
import Testing

@Suite("killed and resumed", .serialized)
struct KillTests {
  static let pipeline = "random_resized_crop(160)|random_horizontal_flip|to_tensor|normalize(imagenet)"

  /// A folder of some hundred links to the samples: enough for a run to be killed in its middle.
  static func manyPictures(copies: Int = 10) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let photos = try PictureFiles(source: Repository.path("samples/photos"))
    for copy in 0..<copies {
      for file in photos.files where file.name.hasSuffix(".jpg") || file.name.hasSuffix(".png") {
        let name =
          "\(folder.path)/\(file.name.split(separator: "/")[0])/\(copy)-\(file.name.split(separator: "/")[1])"
        let parent = URL(filePath: name).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: file.path)
      }
    }
    return folder
  }

  @Test(
    "after kill -9 at any moment, or ctrl-C, --resume makes the folder of an uninterrupted run",
    arguments: ["npy", "safetensors"], [SIGKILL, SIGINT])
  func killAndResume(_ format: String, _ number: Int32) throws {
    let source = try Self.manyPictures()
    func arguments(_ destination: String) -> [String] {
      [
        "preprocess", source.path, destination, "--with", Self.pipeline, "--format", format, "--seed", "11",
        "--shard-size", "50", "--on-error", "skip",
      ]
    }
    let whole = try TemporaryFolder()
    let started = Date()
    #expect(try Command.run(arguments(whole.path)).status == 0)
    let seconds = Date().timeIntervalSince(started)
    let expected = try TemporaryFolder.contents(whole.path)

    var random = RandomStream(seed: UInt64(number))
    var destination = try TemporaryFolder()
    var kills = 0
    var latest = 0.6 * seconds
    for _ in 0..<12 where kills < 3 {
      let moment = random.uniform(0.02...1) * latest
      if try Command.interrupt(arguments(destination.path) + ["--resume"], after: moment, with: number) {
        kills += 1
      } else {
        // It was done already, as the first run was slowed down by others: once more, and earlier.
        destination = try TemporaryFolder()
        (kills, latest) = (0, latest / 2)
      }
    }
    #expect(kills > 0)
    #expect(try Command.run(arguments(destination.path) + ["--resume", "--threads", "3"]).status == 0)
    let resumed = try TemporaryFolder.contents(destination.path)
    #expect(Set(resumed.keys) == Set(expected.keys))
    #expect(resumed == expected)
  }

  @Test("ctrl-C, and a terminal that closes, say how to go on, and exit with 1", arguments: [SIGINT, SIGHUP])
  func interruptSpeaks(_ signal: Int32) throws {
    // Some seconds of work: the signal comes in their midst on any machine.
    let source = try Self.manyPictures(copies: 100)
    let destination = try TemporaryFolder()
    let script =
      "'\(try Command.path)' preprocess '\(source.path)' '\(destination.path)' --with '\(Self.pipeline)' --threads 1"
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "exec " + script]
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // Once it writes down what is done, it listens too.
    let journal = destination.path + "/journal.jsonl"
    for _ in 0..<6000 where process.isRunning && !FileManager.default.fileExists(atPath: journal) {
      Thread.sleep(forTimeInterval: 0.01)
    }
    kill(process.processIdentifier, signal)
    let talk = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(talk.contains("--resume goes on"), "\(talk)")
  }
}
