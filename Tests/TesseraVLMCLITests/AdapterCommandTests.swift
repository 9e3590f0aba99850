import Foundation
import TestSupport
import TesseraData
import TesseraVLM
import Testing

@Suite("tessera-vlm with adapters") struct AdapterCommandTests {
  static let base = Models.path("clip-llama-untied-default")
  static func adapter(_ name: String) -> String { Repository.path("Tests/Golden/lora/adapters/\(name)") }
  static let picture = Repository.path("Tests/Golden/vlm/shared/a.png")

  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func ids(_ directory: String, _ options: [String] = []) throws -> [Int] {
    let result = try Command.run(
      [
        "generate", directory, "--prompt", "What is left of the circle?", "--image", Self.picture,
        "--max-new-tokens", "12", "--json",
      ] + options, tool: "tessera-vlm")
    #expect(result.status == 0, "\(result.errors)")
    return try #require(object(result.output)["ids"] as? [Int])
  }

  @Test(
    "generate answers as the merged model does, and not as the base", arguments: ["names", "saved", "head"])
  func merged(_ name: String) throws {
    let folder = try TemporaryFolder()
    let result = try run("merge", Self.base, Self.adapter(name), folder.path + "/m")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("rank"))
    let adapted = try ids(Self.base, ["--adapter", Self.adapter(name)])
    #expect(try ids(folder.path + "/m") == adapted)
    #expect(try ids(Self.base) != adapted)
  }

  @Test("merge refuses a directory that exists unless told, and stores another type when asked")
  func merges() throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/m"
    #expect(try run("merge", Self.base, Self.adapter("names"), out).status == 0)
    let second = try run("merge", Self.base, Self.adapter("names"), out)
    #expect(second.status == 1 && second.errors.contains("a directory that exists"))
    let third = try run(
      "merge", Self.base, Self.adapter("names"), out, "--replace", "--dtype", "bfloat16", "--json")
    #expect(third.status == 0, "\(third.errors)")
    #expect(try object(third.output)["merged_layers"] as? Int == 12)
    #expect(try Checkpoint(out).parameters.allSatisfy { $0.weight.type == .bfloat16 })
  }

  @Test("chat takes an adapter and says so")
  func chat() throws {
    let result = try Command.run(
      ["chat", Self.base, "--adapter", Self.adapter("names"), "--max-new-tokens", "4"], tool: "tessera-vlm")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("rank 4, scale 2.5, 12 layers, 1728 numbers"))
  }

  @Test("inspect describes an adapter, for people and for programs")
  func inspect() throws {
    let plain = try run("inspect", Self.base, "--adapter", Self.adapter("saved"))
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(
      plain.output.contains("the adapter") && plain.output.contains("multi_modal_projector.linear_1.weight"))
    let json = try object(run("inspect", Self.base, "--adapter", Self.adapter("names"), "--json").output)
    let facts = try #require(json["adapter"] as? [String: Any])
    #expect(facts["parameters"] as? Int == 1728 && facts["rank"] as? Int == 4)
    #expect(facts["layers"] as? [String: Int] == ["vision": 6, "language": 6])
  }

  @Test("an adapter of another model fails with the list, in each command")
  func misfit() throws {
    let folder = try TemporaryFolder()
    let other = Self.adapter("all-linear")
    for arguments in [
      ["inspect", Self.base, "--adapter", other], ["merge", Self.base, other, folder.path + "/m"],
      ["generate", Self.base, "--adapter", other, "--prompt", "x"], ["chat", Self.base, "--adapter", other],
    ] {
      let result = try Command.run(arguments, tool: "tessera-vlm")
      #expect(
        result.status == 1 && result.errors.contains("unexpected:"), "\(arguments[0]): \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/m"))
  }
}
