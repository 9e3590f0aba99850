import Foundation
import TestSupport
import TesseraVLM
import Testing

@Suite("tessera-vlm pretrain, align and sft", .serialized)
struct StageCommandTests {
  static let model = Repository.path("samples/vlm/shapes/model")

  /// A folder with a few scenes, their captions and questions, and a text.
  private func data() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let made = try run([
      "make-shapes", "\(folder.path)/data", "--train", "24", "--validation", "6", "--heldout", "0",
    ])
    #expect(made.status == 0, "\(made.errors)")
    let lines = (0..<80).map { "A blue bar above \($0) green squares and a red circle.\n" }
    try folder.write(lines.joined(), "words/lines.txt")
    return folder
  }

  private func run(_ arguments: [String]) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  /// The flags of a short stage.
  private func flags(_ folder: TemporaryFolder, _ file: String, _ output: String) -> [String] {
    [
      "--model", Self.model, "--data", "\(folder.path)/\(file)", "--batch", "4", "--lr", "1e-3",
      "--log-every", "1",
      "--threads", "1", "-o", "\(folder.path)/\(output)",
    ]
  }

  private func bytes(_ folder: TemporaryFolder, _ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(folder.path)/\(path)"))
  }

  /// The parts of the model of which some weight is not what it was.
  private func changed(_ path: String) throws -> Set<String> {
    let before = try LlavaModel(Checkpoint(Self.model), type: .float32)
    let after = try LlavaModel(Checkpoint(path), type: .float32)
    let pairs = zip(before.parameters.all, after.parameters.all)
    return Set(
      pairs.filter { $0.0.tensor.array(of: Float.self) != $0.1.tensor.array(of: Float.self) }.map {
        "\($0.0.spec.part)"
      })
  }

  @Test(
    "a stage by flags is the recipe that it leaves: run again from that, and stopped halfway, the same bytes")
  func flagsAreARecipe() throws {
    let folder = try data()
    let more = [
      "--validation", "\(folder.path)/data/validation/questions.jsonl", "--evaluate",
      "\(folder.path)/data/validation/questions.jsonl", "--steps", "6", "--schedule", "linear", "--seed", "5",
    ]
    let arguments = ["sft"] + flags(folder, "data/train/questions.jsonl", "out") + more
    let done = try run(arguments)
    #expect(done.status == 0, "\(done.errors)")
    let recipe = String(decoding: try bytes(folder, "out/recipe.yaml"), as: UTF8.self)
    for line in [
      "steps: 6", "learning_rate: 0.001", "schedule: linear", "vision: \"frozen\"", "seed: 5", "samples: 4",
    ] {
      #expect(recipe.contains(line), "\(line): \(recipe)")
    }
    let page = String(decoding: try bytes(folder, "out/report.html"), as: UTF8.self)
    #expect(page.contains("bits per byte") && page.contains("most frequent answer"))
    let weights = try bytes(folder, "out/sft/model/model.safetensors")
    let again = try run([
      "run", "\(folder.path)/out/recipe.yaml", "-o", "\(folder.path)/again", "--threads", "1",
    ])
    #expect(again.status == 0, "\(again.errors)")
    #expect(try bytes(folder, "again/sft/model/model.safetensors") == weights)
    let parts = ["sft"] + flags(folder, "data/train/questions.jsonl", "parts") + more
    let stopped = try run(parts + ["--max-steps", "3"])
    #expect(stopped.status == 0 && stopped.errors.contains("stopped after step 3"), "\(stopped.errors)")
    // Steps of the second process are counted from its own beginning.
    let further = try run(parts + ["--max-steps", "2"])
    #expect(further.status == 0 && further.errors.contains("stopped after step 5"), "\(further.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/parts/sft/model"))
    #expect(try run(parts).status == 0)
    #expect(try bytes(folder, "parts/sft/model/model.safetensors") == weights)
  }

  @Test(
    "each stage trains its parts by itself, and others where they are named",
    arguments: [
      ("align", "data/train/captions.jsonl", [], ["projector"]),
      ("sft", "data/train/questions.jsonl", [], ["language", "projector"]),
      ("pretrain", "words/lines.txt", ["--documents", "lines", "--max-length", "32"], ["language"]),
      (
        "sft", "data/train/questions.jsonl", ["--freeze", "decoder", "--train", "vision=0.5"],
        ["projector", "vision"]
      ),
    ] as [(String, String, [String], [String])])
  func parts(_ stage: String, _ file: String, _ more: [String], _ expected: [String]) throws {
    let folder = try data()
    let done = try run([stage] + flags(folder, file, "out") + more + ["--steps", "2"])
    #expect(done.status == 0, "\(done.errors)")
    #expect(try changed("\(folder.path)/out/\(stage)/model").sorted() == expected)
  }

  @Test("without steps it is one pass, and a dry run leaves no stage behind")
  func dry() throws {
    let folder = try data()
    let dry = try run(["align"] + flags(folder, "data/train/captions.jsonl", "out") + ["--dry-run"])
    #expect(dry.status == 0 && dry.errors.contains("‖∂loss/∂pixels‖"), "\(dry.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/align"))
    let one = try run(["align"] + flags(folder, "data/train/captions.jsonl", "out"))
    #expect(one.status == 0, "\(one.errors)")
    // 24 captions, 4 a step.
    let log = try folder.lines("out/align/log.jsonl").filter { $0.contains("\"kind\":\"train\"") }
    #expect(log.count == 6)
  }

  private static let recipe = """
    name: two
    model: {directory: nowhere}
    stages:
      - {stage: align, name: first, data: [data/train/captions.jsonl], steps: 4}
      - {stage: sft, name: second, data: [data/train/questions.jsonl], epochs: 9, batch: {samples: 2}}
      - {stage: sft, name: third, data: [data/train/questions.jsonl], steps: 1}

    """

  @Test("the stage of a recipe is taken by its kind and name; flags and --set count more")
  func ofRecipe() throws {
    let folder = try data()
    try folder.write(Self.recipe, "two.yaml")
    let done = try run([
      "sft", "--recipe", "\(folder.path)/two.yaml", "--stage", "second", "--model", Self.model, "--steps",
      "2",
      "--set", "stages[0].optimizer.learning_rate=3e-4", "-o", folder.path, "--threads", "1",
    ])
    #expect(done.status == 0, "\(done.errors)")
    let kept = String(decoding: try bytes(folder, "recipe.yaml"), as: UTF8.self)
    for line in ["steps: 2", "epochs: null", "samples: 2", "learning_rate: 0.0003", "name: \"second\""] {
      #expect(kept.contains(line), "\(line): \(kept)")
    }
    #expect(!kept.contains("first") && !kept.contains("third"))
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/second/model/config.json"))
  }

  @Test(
    "a stage that is not clear is told with what there is",
    arguments: [
      (["pretrain"], 1, "a stage of kind pretrain", "first (align), second (sft), third (sft)"),
      (["sft", "--model", "x"], 1, "one stage of kind sft", "second, third"),
      (["sft", "--stage", "third"], 1, "'third' begins with what 'second' leaves", "line 6"),
      (
        ["sft", "--stage", "third", "--model", "x", "--set", "stages[0].stpes=1"], 1, "stpes",
        "did you mean 'steps'"
      ),
      (["align", "--steps", "4", "--warmup", "5"], 1, "warmup must be 0...4", "got 5"),
      (["align", "--steps", "4", "--epochs", "1"], 64, "--steps or --epochs", "Usage"),
      (["align", "--train", "tower"], 64, "vision, projector, decoder", "'tower'"),
      (["align", "--train", "vision", "--freeze", "vision"], 64, "both name vision", "Usage"),
    ] as [([String], Int32, String, String)])
  func unclear(_ arguments: [String], _ status: Int32, _ first: String, _ second: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.recipe, "two.yaml")
    let result = try run(
      arguments + ["--recipe", "\(folder.path)/two.yaml", "-o", "\(folder.path)/out"])
    #expect(
      result.status == status && result.errors.contains(first) && result.errors.contains(second),
      "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out"))
  }

  @Test("a stage without model or data is wrong usage")
  func needs() throws {
    #expect(try run(["sft", "--data", "x.jsonl"]).status == 64)
    #expect(try run(["align", "--model", Self.model]).status == 64)
  }

  @Test("--find-lr prints a curve that falls and breaks away, suggests rates between, and writes no model")
  func findRate() throws {
    let folder = try data()
    let found = try run(
      ["sft"] + flags(folder, "data/train/questions.jsonl", "out")
        + ["--find-lr", "--find-lr-steps", "60", "--find-lr-from", "1e-5", "--find-lr-to", "10"])
    #expect(found.status == 0, "\(found.errors)")
    #expect(found.output.contains("falls fastest at") && found.output.contains("diverged"), "\(found.output)")
    let page = String(decoding: try bytes(folder, "out/find-lr-sft.html"), as: UTF8.self)
    #expect(page.contains("learning rate") && page.contains("<svg"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/sft"))
    // A stage whose earlier ones are not done has no model to search with.
    try folder.write(Self.recipe.replacingOccurrences(of: "nowhere", with: Self.model), "two.yaml")
    let early = try run(["run", "\(folder.path)/two.yaml", "-o", "\(folder.path)/two", "--find-lr", "third"])
    #expect(early.status != 0 && early.errors.contains("'first' is not"), "\(early.errors)")
    let bounds = try run(
      ["sft"] + flags(folder, "data/train/questions.jsonl", "out") + ["--find-lr", "--find-lr-from", "2"])
    #expect(bounds.status == 64 && bounds.errors.contains("above the lowest"), "\(bounds.errors)")
  }
}
