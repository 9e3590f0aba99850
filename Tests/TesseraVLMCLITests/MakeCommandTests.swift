import Foundation
import TestSupport
import Tessera
import Testing

@Suite struct MakeCommandTests {
  private func run(_ arguments: [String]) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  @Test("make-shapes writes what it says, and the loader reads it")
  func shapes() throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/shapes"
    let made = try run([
      "make-shapes", out, "--train", "5", "--validation", "4", "--heldout", "3", "--seed", "9", "--questions",
      "2",
    ])
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.output.contains("5 scenes") && made.output.contains("blue circle"))
    for (split, count) in [("train", 5), ("validation", 4), ("heldout", 3)] {
      #expect(try CaptionDataset("\(out)/\(split)/captions.jsonl").count == count)
      let questions = try ConversationDataset("\(out)/\(split)/questions.jsonl")
      #expect(questions.count == 2 * count)
      #expect(questions.validate(checkingFiles: true) == [])
    }
    let before = try TemporaryFolder.contents(out)
    let again = try run(["make-shapes", out, "--train", "1"])
    #expect(again.status == 1)
    #expect(again.errors.contains("a directory that exists"))
    #expect(try TemporaryFolder.contents(out) == before)
    let replaced = try run([
      "make-shapes", out, "--train", "2", "--validation", "0", "--heldout", "0", "--overwrite", "--json",
      "--format",
      "tar", "--size", "64",
    ])
    #expect(replaced.status == 0, "\(replaced.errors)")
    let said = try JSONSerialization.jsonObject(with: Data(replaced.output.utf8)) as? [String: Any]
    #expect(said?["side"] as? Int == 64)
    #expect(said?["format"] as? String == "tar")
    #expect(try WebDataset("\(out)/train/captions-000000.tar").count == 2)
  }

  @Test(
    "settings out of range are wrong usage",
    arguments: [
      ["make-shapes", "--size", "15"], ["make-shapes", "--questions", "9"], ["make-shapes", "--train", "-1"],
      ["make-shapes", "--train", "0", "--validation", "0", "--heldout", "0"],
      ["make-shapes", "--format", "zip"],
      ["make-emoji", "--size", "7"], ["make-emoji", "--views", "0"], ["make-emoji", "--heldout", "1"],
      ["make-emoji", "--languages", "en,xx"], ["make-emoji", "--languages", "en,,zh"],
    ])
  func usage(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let result = try run([arguments[0], folder.path + "/out"] + arguments.dropFirst())
    #expect(result.status == 64, "\(result.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("make-emoji without the font or CLDR says which Debian package has them")
  func missing() throws {
    let folder = try TemporaryFolder()
    let font = try run(["make-emoji", folder.path + "/out", "--font", folder.path + "/none.ttf"])
    #expect(font.status == 1)
    #expect(font.errors.contains("apt-get install fonts-noto-color-emoji"))
    guard FileManager.default.fileExists(atPath: "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf") else {
      return
    }
    let names = try run(["make-emoji", folder.path + "/out", "--cldr", folder.path])
    #expect(names.status == 1)
    #expect(names.errors.contains("apt-get install unicode-cldr-core"))
  }
}
