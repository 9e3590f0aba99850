import Foundation
import TestSupport
import TesseraCore
import TesseraVLM
import Testing

@Suite("the resolved recipe")
struct ResolvedRecipeTests {
  static let short = """
    model: {directory: somewhere}
    stages:
      - {stage: align, name: first, data: [a.jsonl], steps: 4}
      - {stage: sft, data: [{path: b.jsonl, weight: 2}], epochs: 2, evaluate: [c.jsonl], train: {vision: 0.1}}

    """

  private func samples() throws -> [String] {
    let folder = Repository.path("samples/vlm")
    let names = (FileManager.default.subpaths(atPath: folder) ?? []).filter {
      $0.hasSuffix(".yaml") && !$0.contains("/")
    }
    #expect(names.count >= 3)
    return try names.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
  }

  @Test("reads back to itself, with every default written out")
  func readsBack() throws {
    for text in try samples() + [Self.short] {
      let once = try TesseraVLM.Recipe(yaml: text, file: "a recipe").yaml
      #expect(once != text && once.contains("beta2: "))
      #expect(try TesseraVLM.Recipe(yaml: once, file: "resolved").yaml == once)
    }
  }

  @Test("a recipe whose aliases would explode is refused before they are resolved")
  func aliases() throws {
    let bomb = (1...9).map { line in
      "a\(line): &a\(line) [" + Array(repeating: "*a\(line - 1)", count: 8).joined(separator: ", ") + "]\n"
    }.joined()
    let error = #expect(throws: TesseraError.self) {
      try TesseraVLM.Recipe(yaml: "a0: &a0 [1, 1]\n" + bomb + Self.short, file: "bomb.yaml")
    }
    #expect(error?.description.contains("more than 16 aliases") == true, "\(String(describing: error))")
  }

  @Test("of one stage has that stage alone; a place of it that is set counts more")
  func chosen() throws {
    let first = try TesseraVLM.Recipe(yaml: Self.short, file: "short", choosing: StageChoice(.align))
    #expect(first.stages.map(\.name) == ["first"])
    let second = try TesseraVLM.Recipe(
      yaml: Self.short, file: "short", choosing: StageChoice(.sft),
      overrides: [("model", "{directory: there}"), ("stages[0].epochs", "null"), ("stages[0].steps", "7")])
    #expect(second.stages.map(\.kind) == [.sft] && second.stages[0].epochs == nil)
    #expect(second.stages[0].feed.steps == 7 && second.stages[0].plan.vision.learningRateScale == 0.1)
    guard case .directory("there") = second.model.origin else {
      Issue.record("another model: \(second.model.origin)")
      return
    }
  }
}
