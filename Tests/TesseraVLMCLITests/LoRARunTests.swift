import Foundation
import TestSupport
import TesseraCore
import TesseraData
import TesseraTracking
import TesseraVLM
import Testing

@Suite("tessera-vlm run with lora", .serialized)
struct LoRARunTests {
  static let base = Repository.path("samples/vlm/shapes/model")

  /// An adapter on a model that knows Shapes, then a stage that begins with the merged model.
  static let recipe = """
    name: lora
    seed: 5
    prepare: [{make: shapes, folder: data, train: 60, validation: 8, heldout: 4}]
    model: {directory: \(base)}
    stages:
      - stage: sft
        name: adapter
        data: [data/train/questions.jsonl]
        validation: [data/validation/questions.jsonl]
        lora: {rank: 4, alpha: 8, targets: [q_proj, v_proj, down_proj]}
        train: {projector: 0.1}
        steps: 20
        batch: {samples: 6, micro_samples: 4}
        optimizer: {learning_rate: 1e-3, warmup: 2, weight_decay: 0.01}
        gradient_checkpointing: true
        log_every: 1
        checkpoint_every: 2
        validate_every: 4
        evaluate: [{path: data/validation/questions.jsonl, name: questions, max_answer: 4, samples: 2}]
      - stage: sft
        name: after
        data: [data/train/captions.jsonl]
        steps: 2
        batch: {samples: 3}

    """

  private func run(
    _ folder: TemporaryFolder, _ output: String, _ more: [String] = [], recipe: String = recipe
  ) throws -> Command.Result {
    try folder.write(recipe, "recipe.yaml")
    return try Command.run(
      ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/\(output)", "--threads", "1"] + more,
      tool: "tessera-vlm")
  }

  private func log(_ folder: TemporaryFolder, _ output: String) throws -> [UInt8] {
    try RunLog.deterministicBytes(of: "\(folder.path)/\(output)/adapter/log.jsonl")
  }

  private func bytes(_ folder: TemporaryFolder, _ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(path)"))
  }

  private func names(_ path: String) throws -> [String] {
    try SafetensorsFile(path).header.entries.map(\.name)
  }

  @Test("killed at random steps and gone on with, at other loader threads: the same bytes everywhere")
  func killed() throws {
    let folder = try TemporaryFolder()
    let whole = try run(folder, "whole")
    #expect(whole.status == 0, "\(whole.errors)")
    var random = RandomStream(seed: UInt64(Date().timeIntervalSince1970))
    var stops: [Int] = []
    for _ in 0..<3 {
      let step = random.integer(in: 1...19)
      stops.append(step)
      let script = """
        "$2" run "$1/recipe.yaml" -o "$1/parts" --threads 1 --set loader_threads=\(random.integer(in: 1...3)) 2>/dev/null &
        for i in $(seq 1 3000); do
          grep -q '"step":\(step),' "$1/parts/adapter/log.jsonl" 2>/dev/null && break
          kill -0 $! 2>/dev/null || break
          sleep 0.01
        done
        kill -9 $! 2>/dev/null; wait $! 2>/dev/null; true
        """
      let result = try Shell.run(script, [folder.path, try Command.path(of: "tessera-vlm")])
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/parts/adapter/log.jsonl"))
    let end = try run(folder, "parts")
    #expect(end.status == 0, "\(stops): \(end.errors)")
    for path in [
      "adapter/checkpoints/step-0000020/weights.safetensors",
      "adapter/checkpoints/step-0000020/moments.safetensors",
      "adapter/adapter/adapter_model.safetensors", "adapter/adapter/adapter_config.json",
      "adapter/model/model.safetensors", "after/model/model.safetensors",
    ] {
      #expect(try bytes(folder, "parts/\(path)") == bytes(folder, "whole/\(path)"), "\(stops): \(path)")
    }
    #expect(try log(folder, "parts") == log(folder, "whole"), "\(stops)")
    // Another seed is another run: the comparison can fail.
    #expect(try run(folder, "other", ["--set", "seed=6", "--max-steps", "4"]).status == 0)
    #expect(
      try !bytes(folder, "whole/adapter/log.jsonl").starts(with: bytes(folder, "other/adapter/log.jsonl")))
  }

  @Test("a checkpoint has what is trained and no more; adapter and model are what merge makes of the base")
  func leaves() throws {
    let folder = try TemporaryFolder()
    let done = try run(folder, "out", ["--set", "stages[0].steps=6"])
    #expect(done.status == 0, "\(done.errors)")
    let trained = try names("\(folder.path)/out/adapter/checkpoints/step-0000006/weights.safetensors")
    // Three layers of the decoder, three names, A and B; the projector's two weights and biases.
    #expect(trained.count == 3 * 3 * 2 + 4, "\(trained)")
    #expect(
      trained.allSatisfy {
        $0.hasSuffix(".lora_A.weight") || $0.hasSuffix(".lora_B.weight")
          || $0.hasPrefix("multi_modal_projector.")
      }, "\(trained)")
    #expect(done.errors.contains("rank 4, scale 2.0, 9 layers of language (down_proj, q_proj, v_proj)"))
    #expect(done.errors.contains("frozen: decoder ("), "\(done.errors)")
    let merged = try Command.run(
      ["merge", Self.base, "\(folder.path)/out/adapter/adapter", "\(folder.path)/merged"], tool: "tessera-vlm"
    )
    #expect(merged.status == 0, "\(merged.errors)")
    #expect(
      try bytes(folder, "merged/model.safetensors") == bytes(folder, "out/adapter/model/model.safetensors"))
    // The recipe that is kept reads back to itself.
    let again = try Command.run(
      ["run", "\(folder.path)/out/recipe.yaml", "-o", "\(folder.path)/out"], tool: "tessera-vlm")
    #expect(again.status == 0 && again.errors.contains("adapter: done already"), "\(again.errors)")
    #expect(!again.errors.contains("not the one that this folder began with"), "\(again.errors)")
  }

  @Test("an adapter does not go on over other weights than it began with")
  func otherBase() throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in try TemporaryFolder.contents(Self.base) {
      try folder.write([UInt8](bytes), "base/\(name)")
    }
    let options = ["--set", "model.directory=\(folder.path)/base", "--set", "stages[0].validate_every=0"]
    #expect(try run(folder, "out", options + ["--max-steps", "2"]).status == 0)
    var weights = [UInt8](try bytes(folder, "base/model.safetensors"))
    // The last byte of the last tensor.
    weights[weights.count - 1] ^= 1
    try folder.write(weights, "base/model.safetensors")
    let other = try run(folder, "out", options)
    #expect(other.status != 0 && other.errors.contains("its weights: "), "\(other.errors)")
    weights[weights.count - 1] ^= 1
    try folder.write(weights, "base/model.safetensors")
    #expect(try run(folder, "out", options).status == 0)
  }

  @Test("weights that are computed as they are stored stay mapped, others are copied; both are told")
  func mapped() throws {
    let folder = try TemporaryFolder()
    let plain = try run(folder, "a", ["--dry-run"])
    #expect(
      plain.errors.contains("of frozen weights are copied (stored as bfloat16, computed in float32)"),
      "\(plain.errors)")
    let half = try run(folder, "a", ["--set", "stages[0].lora.base_type=bfloat16", "--max-steps", "2"])
    #expect(half.status == 0, "\(half.errors)")
    #expect(half.errors.contains("of frozen weights stay in their files, mapped"), "\(half.errors)")
    #expect(!half.errors.contains("are copied"), "\(half.errors)")
  }

  @Test("without a merge the adapter is what a stage leaves; generate takes it beside the base")
  func unmerged() throws {
    let folder = try TemporaryFolder()
    let alone = String(
      Self.recipe.prefix(
        upTo: try #require(Self.recipe.range(of: "  - stage: sft\n    name: after")).lowerBound))
    let more = ["--set", "stages[0].lora.merge=false", "--set", "stages[0].steps=2"]
    let done = try run(folder, "out", more, recipe: alone)
    #expect(done.status == 0, "\(done.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/adapter/model"))
    let answer = try Command.run(
      [
        "generate", Self.base, "--adapter", "\(folder.path)/out/adapter/adapter", "--image",
        Repository.path("samples/vlm/shapes/a.png"), "--prompt", "What is this?", "--max-new-tokens", "4",
      ], tool: "tessera-vlm")
    #expect(answer.status == 0, "\(answer.errors)")
    let again = try run(folder, "out", more, recipe: alone)
    #expect(again.status == 0 && again.errors.contains("adapter: done already"), "\(again.errors)")
  }

  @Test(
    "what is wrong with a stage's lora is told with its place and the nearest right word",
    arguments: [
      ("rank: 4", "rnak: 4", "unknown key 'stages[0].lora.rnak'", "did you mean 'rank'"),
      ("rank: 4", "rank: 0", "line 10", "1 to 1048576"),
      ("alpha: 8", "alpha: -1", "lora.alpha", "above 0"),
      ("alpha: 8", "alpha: 8, dropout: 0.05", "unknown key", "dropout"),
      ("alpha: 8", "alpha: 8, bias: all", "lora.bias", "none"),
      ("alpha: 8", "alpha: 8, parts: [decodr]", "lora.parts", "did you mean 'decoder'"),
      ("v_proj, down", "v_porj, down", "lora.targets", "did you mean 'v_proj'"),
      ("v_proj, down_proj", "all-linear", "lora.targets", "both"),
      ("projector: 0.1", "decoder: true", "train.decoder", "false in a stage with `lora`"),
      ("alpha: 8", "alpha: 8, merge: false", "another stage follows", "'adapter'"),
      ("alpha: 8", "alpha: 8, parts: [decoder, projector]", "train.projector", "both"),
    ])
  func wrong(_ old: String, _ new: String, _ first: String, _ second: String) throws {
    let folder = try TemporaryFolder()
    let recipe = Self.recipe.replacingOccurrences(of: old, with: new)
    #expect(recipe != Self.recipe)
    let result = try run(folder, "out", recipe: recipe)
    #expect(result.status != 0)
    #expect(result.errors.contains(first) && result.errors.contains(second), "\(result.errors)")
  }
}
