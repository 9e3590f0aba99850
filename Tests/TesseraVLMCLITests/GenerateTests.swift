import Foundation
import TestSupport
import Tessera
import Testing

@Suite("tessera-vlm generate and chat") struct GenerateTests {
  static let sample = Repository.path("samples/vlm/shapes/")

  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  @Test(
    "the sample model names what it sees",
    arguments: [
      ("a", "a blue bar above a yellow triangle\n"), ("b", "a blue bar above a green square\n"),
      ("c", "a red bar above a red circle\n"),
    ])
  func sample(_ picture: String, _ answer: String) throws {
    let result = try run(
      "generate", Self.sample + "model", "--image", "\(Self.sample)\(picture).png", "--prompt",
      "What is this?")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == answer)
    #expect(result.errors.contains("end token") && result.errors.contains("tokens/s"))
  }

  @Test("a stop string ends an answer; equal seeds draw equal answers") func stops() throws {
    let picture = Self.sample + "a.png"
    let stopped = try run(
      "generate", Self.sample + "model", "--image", picture, "--prompt", "What is this?", "--stop", " above")
    #expect(stopped.output == "a blue bar\n")
    let drawn = try (0..<2).map { _ in
      try run(
        "generate", Self.sample + "model", "--image", picture, "--prompt", "What?", "--temperature", "3",
        "--seed", "5",
        "--max-new-tokens", "20"
      ).output
    }
    #expect(drawn[0] == drawn[1] && drawn[0] != "a blue bar above a yellow triangle\n")
  }

  @Test("a file that asks for a picture too large for any tower is refused before memory is") func sizes()
    throws
  {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-tied-full", to: folder.path + "/m")
    let file = folder.path + "/m/preprocessor_config.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let lying = text.replacing(/"shortest_edge": \d+/, with: "\"shortest_edge\": 200000")
    #expect(lying != text)
    try lying.write(to: URL(filePath: file), atomically: true, encoding: .utf8)
    let result = try run(
      "generate", folder.path + "/m", "--image", Self.sample + "a.png", "--prompt", "What?")
    #expect(result.status == 1)
    #expect(result.errors.contains("shortest_edge") && result.errors.contains("200000"), "\(result.errors)")
  }

  @Test("what the directory asks for and is not done is said; so is a template that stands in") func wishes()
    throws
  {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-tied-full", to: folder.path + "/m")
    try #"{"repetition_penalty": 1.5, "eos_token_id": 285, "temperature": 1.0}"#
      .write(to: URL(filePath: folder.path + "/m/generation_config.json"), atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: folder.path + "/m/chat_template.jinja")
    let result = try run("generate", folder.path + "/m", "--prompt", "What?", "--max-new-tokens", "3")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("repetition_penalty 1.5") && !result.errors.contains("temperature 1"))
    #expect(result.errors.contains("no chat template"))
  }

  @Test("pictures and their places must agree; contradicting options are wrong usage") func bad() throws {
    let two = try run(
      "generate", Self.sample + "model", "--image", Self.sample + "a.png", "--prompt", "<image> <image>")
    #expect(two.status == 1 && two.errors.contains("2 times"), "\(two.errors)")
    let greedy = try run("generate", Self.sample + "model", "--prompt", "x", "--top-k", "3")
    #expect(greedy.status == 64 && greedy.errors.contains("temperature"), "\(greedy.errors)")
  }
}
