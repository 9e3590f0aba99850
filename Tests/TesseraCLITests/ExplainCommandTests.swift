import Foundation
import TestSupport
import Tessera
import Testing

@Suite("the command explain, and pictures that would need too much memory")
struct ExplainCommandTests {

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, size) in [("a", Size(width: 40, height: 30)), ("b", Size(width: 1, height: 30_000))] {
      try folder.write(PNGEncoder().encode(Pictures.noise(size, .rgb, seed: 1)), "in/\(name).png")
    }
    return folder
  }

  @Test("tells what is decoded, joined and left out, with times, as text and as JSON")
  func explains() throws {
    let folder = try folder()
    let arguments = [
      "explain", "\(folder.path)/in/a.png", "--with", "resize_to(40, 30)|crop(2, 2, 20, 20)|to_tensor",
      "--rounds", "2",
    ]
    let text = try Command.run(arguments)
    #expect(text.status == 0, "\(text.errors)")
    for words in ["the plan", "left out:", "that size already", "The bits are the same", "window"] {
      #expect(text.output.contains(words), "\(words): \(text.output)")
    }
    let json = try Command.run(arguments + ["--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let left = try #require(object["left_out"] as? [[String: String]])
    #expect(left.count == 1 && left[0]["name"]?.hasPrefix("resize_to") == true)
    #expect(object["equal"] as? Bool == true && (object["plan"] as? [Any])?.isEmpty == false)
  }

  @Test("a thin picture whose resize would need all memory is an error of that picture; the others are done")
  func thin() throws {
    let folder = try folder()
    let explained = try Command.run(["explain", "\(folder.path)/in/b.png", "--with", "resize(512)|to_tensor"])
    #expect(explained.status == 1 && explained.errors.contains("b.png"), "\(explained.errors)")
    #expect(explained.errors.contains("pixels of what"), "\(explained.errors)")
    let made = try Command.run([
      "preprocess", "\(folder.path)/in", "\(folder.path)/out", "--with", "resize(512)|to_tensor",
      "--on-error", "skip",
    ])
    #expect(made.status == 1 && made.output.contains("1 of 2 pictures done"), "\(made.output)")
    #expect(made.output.contains("b.png") && made.output.contains("over the limit"), "\(made.output)")
    let names = Set(try FileManager.default.subpathsOfDirectory(atPath: "\(folder.path)/out"))
    #expect(names.isSuperset(of: ["a.npy", "errors.jsonl", "manifest.jsonl"]), "\(names)")
  }
}
