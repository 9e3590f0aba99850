import Foundation
import TestSupport
import TesseraCore
import TesseraData
import TesseraTracking
import Testing

@Suite("tessera-vlm run", .serialized)
struct RunCommandTests {
  /// A recipe of two stages that takes seconds.
  static let recipe = """
    name: tiny
    seed: 3
    prepare: [{make: shapes, folder: data, train: 60, validation: 8, heldout: 4}]
    model:
      new:
        vision: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 64, image_size: 48, patch_size: 16}
        decoder: {hidden_size: 32, layers: 2, heads: 2, intermediate_size: 64, positions: 96}
        vocabulary: 300
    stages:
      - stage: align
        name: captions
        data: [data/train/captions.jsonl]
        validation: [data/validation/captions.jsonl]
        train: {vision: true, decoder: true}
        steps: 24
        batch: {samples: 6, micro_samples: 4}
        optimizer: {learning_rate: 1e-3, warmup: 3}
        log_every: 1
        checkpoint_every: 2
        validate_every: 4
        evaluate: [{path: data/validation/captions.jsonl, name: captions, max_answer: 6, samples: 3}]
      - stage: pretrain
        name: text
        data: [{path: words, split: lines}]
        steps: 40
        batch: {samples: 3}
        optimizer: {learning_rate: 1e-3}
        max_length: 24
        log_every: 1
        checkpoint_every: 2
      - stage: sft
        name: questions
        data: [data/train/questions.jsonl]
        steps: 20
        batch: {tokens: 200, packing: 120}
        optimizer: {learning_rate: 1e-3, schedule: wsd, warmup: 2}
        log_every: 1
        checkpoint_every: 3
        evaluate: [{path: data/validation/questions.jsonl, name: questions, max_answer: 4}]

    """

  private func run(_ folder: TemporaryFolder, _ output: String, _ more: [String] = []) throws
    -> Command.Result
  {
    try folder.write(Self.recipe, "recipe.yaml")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/\(output)/words", withIntermediateDirectories: true)
    let lines = (0..<60).map { "Line \($0) says that \($0 * 7 % 11) follows \($0 * 3 % 13).\n" }
    try folder.write(lines.joined(), "\(output)/words/lines.txt")
    return try Command.run(
      ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/\(output)", "--threads", "1"] + more,
      tool: "tessera-vlm")
  }

  /// The log without what was measured.
  private func log(_ folder: TemporaryFolder, _ output: String, _ stage: String) throws -> [UInt8] {
    try RunLog.deterministicBytes(of: "\(folder.path)/\(output)/\(stage)/log.jsonl")
  }

  private func bytes(_ folder: TemporaryFolder, _ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(path)"))
  }

  /// The loader's state in a checkpoint.
  private func position(_ folder: TemporaryFolder, _ path: String) throws -> String {
    let state = try JSONSerialization.jsonObject(with: bytes(folder, path)) as? [String: Any]
    return try #require(state?["position"] as? String)
  }

  @Test("killed at random steps of each stage and gone on with, at other loader threads: the same bytes")
  func killed() throws {
    let folder = try TemporaryFolder()
    #expect(try run(folder, "whole").status == 0)
    // What the recipe reads must be there before the first process that is killed.
    #expect(try run(folder, "parts", ["--dry-run"]).status == 0)
    var random = RandomStream(seed: UInt64(Date().timeIntervalSince1970))
    var stops: [String] = []
    var killed: Set<String> = []
    for (stage, last) in [
      ("captions", 14), ("captions", 22), ("text", 10), ("text", 30), ("questions", 8), ("questions", 19),
    ] {
      let step = random.integer(in: 1...last)
      stops.append("\(stage) \(step)")
      // Killed as soon as the log has the step, in the middle of whatever comes next.
      let script = """
        "$1" run "$2/recipe.yaml" -o "$2/parts" --threads 1 --set loader_threads=\(random.integer(in: 1...3)) 2>/dev/null &
        for i in $(seq 1 3000); do
          grep -q '"step":\(step),' "$2/parts/\(stage)/log.jsonl" 2>/dev/null && break
          kill -0 $! 2>/dev/null || break
          sleep 0.01
        done
        kill -9 $! 2>/dev/null; wait $! 2>/dev/null
        test $? = 137 && test ! -e "$2/parts/\(stage)/model" && echo killed; true
        """
      let result = try Shell.run(script, [try Command.path(of: "tessera-vlm"), folder.path])
      #expect(result.status == 0, "\(result.errors)")
      if result.output.contains("killed") { killed.insert(stage) }
    }
    // Each in its midst: a stage that is done has a model.
    #expect(killed == ["captions", "text", "questions"], "\(stops)")
    let end = try run(folder, "parts")
    #expect(end.status == 0, "\(stops): \(end.errors)")
    for (stage, step) in [
      ("captions", "0000024"), ("text", "0000040"), ("questions", "0000020"),
    ] {
      for name in ["weights", "moments"] {
        let path = "\(stage)/checkpoints/step-\(step)/\(name).safetensors"
        #expect(try bytes(folder, "parts/\(path)") == bytes(folder, "whole/\(path)"), "\(stops): \(path)")
      }
      let state = "\(stage)/checkpoints/step-\(step)/state.json"
      #expect(
        try position(folder, "parts/\(state)") == position(folder, "whole/\(state)"), "\(stops): \(state)")
      #expect(
        try bytes(folder, "parts/\(stage)/model/model.safetensors")
          == bytes(folder, "whole/\(stage)/model/model.safetensors"))
      #expect(try log(folder, "parts", stage) == log(folder, "whole", stage), "\(stops): \(stage)")
    }
    // Another seed is another run: the comparison can fail.
    #expect(try run(folder, "other", ["--set", "seed=4"]).status == 0)
    #expect(try log(folder, "other", "captions") != log(folder, "whole", "captions"))
  }

  @Test("a run says what it found before step 1, and leaves a page, answers and models behind")
  func leaves() throws {
    let folder = try TemporaryFolder()
    let dry = try run(folder, "out", ["--dry-run", "--set", "stages[1].steps=4"])
    #expect(dry.status == 0 && dry.errors.contains("‖∂loss/∂pixels‖"), "\(dry.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/captions/log.jsonl"))
    let done = try run(folder, "out")
    for words in ["% learned", "trained: ", "frozen: ", "data wait", "shuffled pictures", "blank pictures"] {
      #expect(done.errors.contains(words), "\(words): \(done.errors)")
    }
    let page = String(decoding: try bytes(folder, "out/report.html"), as: UTF8.self)
    #expect(page.contains("data:image/png;base64,") && page.contains("visual gain"))
    let answer = try Command.run(
      [
        "generate", "\(folder.path)/out/questions/model", "--image",
        "\(folder.path)/out/data/validation/images/000000.png", "--prompt", "What colour is the circle?",
        "--max-new-tokens", "4",
      ], tool: "tessera-vlm")
    #expect(answer.status == 0, "\(answer.errors)")
    let again = try run(folder, "out")
    #expect(again.status == 0 && again.errors.contains("captions: done already"), "\(again.errors)")
    for words in ["validation loss", "sample answers are right"] { #expect(done.errors.contains(words)) }
  }

  @Test("the recipe that is kept is the one that was trained by")
  func keptRecipe() throws {
    let folder = try TemporaryFolder()
    #expect(try run(folder, "out", ["--dry-run"]).status == 0)
    // Nothing is trained yet: another model takes the first one's place.
    let wider = ["--set", "model.new.decoder.layers=1"]
    #expect(try run(folder, "out", wider + ["--max-steps", "3"]).status == 0)
    let config = String(decoding: try bytes(folder, "out/base/config.json"), as: UTF8.self)
    #expect(config.contains("\"num_hidden_layers\": 1"), "\(config)")
    let kept = try bytes(folder, "out/recipe.yaml")
    #expect(String(decoding: kept, as: UTF8.self).contains("layers: 1"))
    #expect(try bytes(folder, "out/captions/recipe.yaml") == kept)
    // Refused, or only looked at: neither leaves a word behind.
    let others = [
      ["--set", "seed=9"], wider + ["--set", "seed=9"], wider + ["--set", "stages[0].steps=30"],
    ]
    for more in others {
      let refused = try run(folder, "out", more)
      #expect(refused.status != 0, "\(more): \(refused.errors)")
      #expect(try bytes(folder, "out/recipe.yaml") == kept, "\(more)")
    }
    #expect(try run(folder, "out", wider + ["--dry-run", "--set", "stages[2].steps=30"]).status == 0)
    #expect(try bytes(folder, "out/recipe.yaml") == kept)
    // Done, and given again with what changes no weights: recipe and page stay.
    #expect(try run(folder, "out", wider).status == 0)
    let page = try bytes(folder, "out/report.html")
    let again = try run(folder, "out", wider + ["--set", "stages[0].log_every=7"])
    #expect(again.status == 0 && again.errors.contains("questions: done already"), "\(again.errors)")
    #expect(try bytes(folder, "out/recipe.yaml") == kept && bytes(folder, "out/report.html") == page)
  }

  @Test("a stage whose settings, data or weights changed is trained anew, and what it was is kept")
  func changed() throws {
    let folder = try TemporaryFolder()
    #expect(try run(folder, "out").status == 0)
    func model(_ stage: String) throws -> Data { try bytes(folder, "out/\(stage)/model/model.safetensors") }
    let before = try ["captions", "text", "questions"].map(model)
    // The second stage's rate: it and what begins with it, not the first.
    let rate = ["--set", "stages[1].optimizer.learning_rate=2e-3"]
    let dry = try run(folder, "out", rate + ["--dry-run"])
    #expect(
      dry.errors.contains("captions: done already") && dry.errors.contains("text: was made of something else")
        && dry.errors.contains("learning_rate"), "\(dry.errors)")
    #expect(try ["captions", "text", "questions"].map(model) == before)
    let again = try run(folder, "out", rate)
    #expect(again.status == 0 && again.errors.contains("kept as text.old-1"), "\(again.errors)")
    #expect(
      again.errors.contains("captions: done already") && again.errors.contains("kept as questions.old-1"),
      "\(again.errors)")
    #expect(try model("captions") == before[0] && model("text") != before[1])
    #expect(try model("text.old-1") == before[1] && model("questions.old-1") == before[2])
    // Back again: the same bytes as the first time.
    let back = try run(folder, "out")
    #expect(back.errors.contains("kept as text.old-2"), "\(back.errors)")
    #expect(try ["captions", "text", "questions"].map(model) == before)
    // One answer of the data: the stage that reads it, alone.
    let path = "out/data/train/questions.jsonl"
    let lines = String(decoding: try bytes(folder, path), as: UTF8.self)
    try folder.write(lines.replacing("\"text\":\"red\"", with: "\"text\":\"blue\""), path)
    let data = try run(folder, "out")
    #expect(
      data.errors.contains("text: done already") && data.errors.contains("questions: was made of something")
        && data.errors.contains("questions.jsonl"), "\(data.errors)")
    #expect(try model("questions") != before[2])
    // A picture that is only touched changes nothing; other pixels in as many bytes do.
    let records = try ConversationDataset("\(folder.path)/\(path)")
    guard case .file(let picture)? = try records.sample(at: 0).pictures.first else {
      Issue.record("the first question has no picture")
      return
    }
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: picture)
    #expect(try run(folder, "out").errors.contains("questions: done already"))
    var pixels = try Data(contentsOf: URL(fileURLWithPath: picture))
    let kept = pixels
    pixels[pixels.count / 2] ^= 1
    try pixels.write(to: URL(fileURLWithPath: picture))
    let other = try run(folder, "out", ["--dry-run"])
    #expect(
      other.errors.contains("made of something else") && other.errors.contains("pictures"), "\(other.errors)")
    try kept.write(to: URL(fileURLWithPath: picture))
    #expect(try run(folder, "out").errors.contains("questions: done already"))
    // A stage of a version that did not keep what it was made of is left as it is.
    try FileManager.default.removeItem(atPath: "\(folder.path)/out/questions/made-of.txt")
    try folder.write(lines, path)
    #expect(try run(folder, "out").errors.contains("questions: done already"))
  }

  @Test("every stage is asked the same questions, once, and the page shows the answers side by side")
  func asks() throws {
    let folder = try TemporaryFolder()
    let ask = [
      "--set",
      "ask=[{path: data/validation/questions.jsonl, samples: 3, max_answer: 4}, {path: data/validation/captions.jsonl, samples: 2}]",
    ]
    let done = try run(folder, "out", ask)
    #expect(done.status == 0 && done.errors.contains("asked the run's 5 questions"), "\(done.errors)")
    let stages = ["captions", "text", "questions"]
    let asked = try stages.map { try RunLog.entries(of: "\(folder.path)/out/\($0)/asked.jsonl") }
    for entries in asked {
      #expect(
        entries.count == 5 && entries.allSatisfy { $0.kind == .sample && $0[LogField.answer]?.text != nil })
      #expect(
        entries.map { $0[LogField.question]?.text } == asked[0].map { $0[LogField.question]?.text }
          && entries.map { $0[LogField.expected]?.text } == asked[0].map { $0[LogField.expected]?.text })
    }
    let page = String(decoding: try bytes(folder, "out/report.html"), as: UTF8.self)
    #expect(
      page.contains("The same 5 questions after every stage") && page.contains("What each stage learned"))
    #expect(page.contains("language: which token comes next") && page.contains("to do what it is asked"))
    let again = try run(folder, "out", ask)
    #expect(!again.errors.contains("asked the run's"), "\(again.errors)")
    // Other questions: asked, and nothing trained.
    let other = try run(folder, "out", ["--set", "ask=[{path: data/validation/captions.jsonl, samples: 3}]"])
    #expect(other.errors.contains("asked the run's 3 questions") && other.errors.contains("done already"))
    #expect(!other.errors.contains("before step 1"), "\(other.errors)")
    let wrong = try run(folder, "new", ["--set", "ask=[{path: x.jsonl, samples: 0}]"])
    #expect(wrong.status != 0 && wrong.errors.contains("samples must be 1 or more"), "\(wrong.errors)")
  }

  @Test("a held-out set that is trained on is warned of before step 1, and in the page")
  func overlap() throws {
    let folder = try TemporaryFolder()
    let same = [
      "--set", "stages[0].validation=[data/train/captions.jsonl]", "--set", "stages[0].steps=3", "--set",
      "stages[0].evaluate[0].path=data/train/questions.jsonl",
    ]
    let short = Self.recipe.components(separatedBy: "  - stage: pretrain")[0]
    try folder.write(short, "short.yaml")
    let arguments = ["run", "\(folder.path)/short.yaml", "-o", "\(folder.path)/out", "--threads", "1"]
    let dry = try Command.run(arguments + ["--dry-run"], tool: "tessera-vlm")
    #expect(dry.status == 0 && dry.errors.contains("have no sample in common"), "\(dry.errors)")
    let done = try Command.run(arguments + same, tool: "tessera-vlm")
    #expect(done.status == 0, "\(done.errors)")
    let warned = try #require(done.errors.range(of: "60 are trained on as they are (sample 0 is sample 0"))
    let step = try #require(done.errors.range(of: "before step 1"))
    #expect(warned.lowerBound < step.lowerBound)
    // Questions of pictures whose captions are trained on: other words, the same pictures.
    #expect(done.errors.contains("120 show pictures that are trained on with other words"), "\(done.errors)")
    let page = String(decoding: try bytes(folder, "out/report.html"), as: UTF8.self)
    #expect(page.contains("2 warnings") && page.contains("are trained on as they are"))
  }

  @Test(
    "what is wrong with a recipe is told with its line and the nearest right word",
    arguments: [
      ("name: captions", "naem: captions", "line 11", "did you mean 'name'"),
      ("steps: 24", "steps: 24\n    epochs: 1", "one of `steps` and `epochs`", "both"),
      ("stage: align", "stage: aline", "line 10", "pretrain, align, sft"),
      ("learning_rate: 1e-3, warmup", "learning_rate: fast, warmup", "a number", "'fast'"),
      ("heads: 2, intermediate_size: 64, image", "heads: 5, intermediate_size: 64, image", "divisor", "5"),
      ("warmup: 3}", "warmup: 25}", "line 17", "warmup must be 0...24, the steps of the run, got 25"),
      ("learning_rate: 1e-3, warmup", "learning_rate: -1, warmup", "line 17", "0 or more"),
      ("validate_every: 4", "validate_every: -4", "line 20", "0 or more"),
      (
        "name: captions, max_answer: 6, samples: 3}]", "name: a}, {path: x, name: a}]", "different names",
        "'a' twice"
      ),
      (
        "hidden_size: 32, layers: 2, heads: 2, intermediate_size: 64, positions", "layers: 0, positions",
        "layers", "1 or more"
      ),
      ("data/train/captions.jsonl", "data/train/nothing.jsonl", "nothing.jsonl", "nothing there"),
    ])
  func wrong(_ old: String, _ new: String, _ first: String, _ second: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.recipe.replacingOccurrences(of: old, with: new), "recipe.yaml")
    let result = try Command.run(
      ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out"], tool: "tessera-vlm")
    #expect(result.status != 0)
    #expect(result.errors.contains(first) && result.errors.contains(second), "\(result.errors)")
  }
}
