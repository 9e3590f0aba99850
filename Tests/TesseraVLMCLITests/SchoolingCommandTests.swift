import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import TesseraVLM
import Testing

@Suite("tessera-vlm make-preferences, reward, dpo and rl", .serialized)
struct SchoolingCommandTests {
  static let model = Repository.path("samples/vlm/shapes/model")

  /// A program whose reward is the answer's length.
  private static let length =
    "program:python3 -c 'import json, sys\nfor l in sys.stdin: a = json.loads(l); print(json.dumps(dict(id=a[\"id\"], reward=len(a[\"completion\"]))), flush=True)'"

  private func run(_ arguments: [String]) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  /// Scenes with their captions, and preferences of them.
  private func data() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let made = try run([
      "make-shapes", "\(folder.path)/data", "--train", "24", "--validation", "8", "--heldout", "0",
    ])
    #expect(made.status == 0, "\(made.errors)")
    for split in ["train", "validation"] {
      let result = try run([
        "make-preferences", "\(folder.path)/data/\(split)/captions.jsonl", "--attributes", "shapes",
        "--corruptions", "2", "-o", "\(folder.path)/\(split).jsonl",
      ])
      #expect(result.status == 0, "\(result.errors)")
    }
    return folder
  }

  private func flags(_ folder: TemporaryFolder, _ output: String, steps: Int = 6) -> [String] {
    [
      "--model", Self.model, "--steps", "\(steps)", "--lr", "1e-3", "--log-every", "1", "--threads", "1",
      "--train",
      "vision", "-o", "\(folder.path)/\(output)",
    ]
  }

  private func rewardArguments(_ folder: TemporaryFolder, _ output: String) -> [String] {
    ["reward"] + flags(folder, output) + [
      "--data", "\(folder.path)/train.jsonl", "--validation", "\(folder.path)/validation.jsonl", "--evaluate",
      "\(folder.path)/validation.jsonl", "--batch", "4", "--checkpoint-every", "2", "--questions",
      "\(folder.path)/data/validation/captions.jsonl", "--draws", "2",
      "--set", "stages[0].reward.normalise=16", "--set", "stages[0].reward.policy.max_answer=12",
    ]
  }

  private func reward(_ folder: TemporaryFolder, _ output: String) throws -> Command.Result {
    try run(rewardArguments(folder, output))
  }

  private func rlArguments(_ folder: TemporaryFolder, _ output: String, _ algorithm: String) -> [String] {
    ["rl", "--algorithm", algorithm] + flags(folder, output, steps: 8) + [
      "--data", "\(folder.path)/data/train/captions.jsonl", "--evaluate",
      "\(folder.path)/data/validation/captions.jsonl", "--prompts", "3", "--samples", "2", "--max-answer",
      "12",
      "--look-every", "2", "--checkpoint-every", "1", "--set", "stages[0].rl.look.prompts=4",
    ]
  }

  private func rl(_ folder: TemporaryFolder, _ output: String, _ algorithm: String, _ more: [String] = [])
    throws
    -> Command.Result
  {
    try run(rlArguments(folder, output, algorithm) + more)
  }

  /// Starts a command and kills it as soon as its log has a step; whether it was still running then.
  private func kill(_ arguments: [String], at step: Int, of log: String) throws -> Bool {
    let script = """
      log=$1; shift
      "$@" 2>/dev/null &
      for i in $(seq 1 6000); do
        grep -q '"step":\(step),' "$log" 2>/dev/null && break
        kill -0 $! 2>/dev/null || break
        sleep 0.01
      done
      kill -9 $! 2>/dev/null; wait $! 2>/dev/null
      test $? = 137 && echo killed; true
      """
    let command = try Command.path(of: "tessera-vlm")
    return try Shell.run(script, [log, command] + arguments).output.contains("killed")
  }

  private func log(_ folder: TemporaryFolder, _ path: String) throws -> [UInt8] {
    try RunLog.deterministicBytes(of: "\(folder.path)/\(path)/log.jsonl")
  }

  private func bytes(_ folder: TemporaryFolder, _ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(folder.path)/\(path)"))
  }

  // MARK: preferences

  @Test("made preferences are TRL's records, the same for a seed, and a model's mistakes are wrong answers")
  func makes() throws {
    let folder = try data()
    let text = String(decoding: try bytes(folder, "train.jsonl"), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 24)
    for line in lines {
      let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(
        record["prompt"] is [Any] && record["chosen"] is [Any] && (record["rejected"] as? [Any])?.count == 2)
      let image = try #require((record["images"] as? [String])?.first)
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(image)"), "\(image)")
    }
    let arguments = [
      "make-preferences", "\(folder.path)/data/train/captions.jsonl", "--model", Self.model, "--draws", "2",
      "--max-answer", "24", "-o",
    ]
    for name in ["a.jsonl", "b.jsonl"] {
      #expect(try run(arguments + ["\(folder.path)/\(name)"]).status == 0)
    }
    #expect(try bytes(folder, "a.jsonl") == bytes(folder, "b.jsonl"))
    #expect(try run(arguments + ["\(folder.path)/a.jsonl"]).status == 1)
    #expect(try run(arguments + ["\(folder.path)/c.jsonl", "--seed", "5"]).status == 0)
    #expect(try bytes(folder, "a.jsonl") != bytes(folder, "c.jsonl"))
    let none = try run([
      "make-preferences", "\(folder.path)/data/train/captions.jsonl", "-o", "\(folder.path)/d.jsonl",
    ])
    #expect(none.status == 64 && none.errors.contains("--attributes or --model"))
    let checked = try run(["validate", "\(folder.path)/train.jsonl"])
    #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
  }

  // MARK: reward

  @Test(
    "a reward stage leaves a reward model, its table and its curve; killed and gone on with, the same bytes")
  func rewards() throws {
    let folder = try data()
    let whole = try reward(folder, "whole")
    #expect(whole.status == 0, "\(whole.errors)")
    for words in [
      "‖∂score/∂pixels‖", "% of", "pairs whose better answer scores higher", "by length alone",
      "right answers, best of 2 by score", "which become 0 ± 1",
    ] {
      #expect(whole.errors.contains(words), "\(words): \(whole.errors)")
    }
    let model = try RewardModel(Checkpoint("\(folder.path)/whole/reward/model"))
    #expect(model.deviation > 0 && model.deviation != 1)
    let wasKilled = try kill(
      rewardArguments(folder, "parts"), at: 3, of: "\(folder.path)/parts/reward/log.jsonl")
    #expect(wasKilled && !FileManager.default.fileExists(atPath: "\(folder.path)/parts/reward/model"))
    let end = try reward(folder, "parts")
    #expect(end.status == 0, "\(end.errors)")
    for path in ["reward/model/model.safetensors", "reward/checkpoints/step-0000006/moments.safetensors"] {
      #expect(try bytes(folder, "parts/\(path)") == bytes(folder, "whole/\(path)"), "\(path)")
    }
    #expect(try log(folder, "parts/reward") == log(folder, "whole/reward"))
    // Captions compare nothing.
    let wrong = try run(
      ["reward"] + flags(folder, "wrong") + ["--data", "\(folder.path)/data/train/captions.jsonl"])
    #expect(wrong.status == 1 && wrong.errors.contains("chosen and rejected"), "\(wrong.errors)")
  }

  // MARK: reinforcement learning

  @Test("learns from a rule, from a reward model and from their mix", arguments: ["ppo", "grpo", "rloo"])
  func learns(_ algorithm: String) throws {
    let folder = try data()
    #expect(try reward(folder, "rm").status == 0)
    let done = try rl(
      folder, "out", algorithm,
      ["--reward", "exact", "--reward", "\(folder.path)/rm/reward/model", "--kl", "0.1"])
    #expect(done.status == 0, "\(done.errors)")
    for words in ["‖∂out/∂pixels‖: policy", "reference", "reward", "true score", "held-out prompts"] {
      #expect(done.errors.contains(words), "\(words): \(done.errors)")
    }
    if algorithm == "ppo" { #expect(done.errors.contains("value")) }
    let entries = try RunLog.entries(of: "\(folder.path)/out/rl/log.jsonl")
    let rollouts = entries.filter { $0.kind == .rollout }
    #expect(rollouts.count == (algorithm == "ppo" ? 2 : 8))
    for rollout in rollouts {
      // Log-probabilities of sampling and of training are the same; this model's logits go to 20.
      #expect(try #require(rollout["sampling_gap"]?.number) < 1e-5)
      #expect(try #require(rollout["entropy"]?.number) > 0)
    }
    #expect(rollouts[0]["kl"]?.number == 0)
    #expect(try #require(rollouts.last?["kl_token"]?.number) > 0)
    #expect(entries.contains { $0.kind == .look && $0.step == 0 })
    _ = try LlavaModel(Checkpoint("\(folder.path)/out/rl/model"))
  }

  @Test(
    "takes other data beside (PPO-ptx), an adapter, a weight that follows the divergence, and every estimate of it",
    arguments: [
      ("ppo", "language"), ("ppo", "adapter"), ("rloo", "adapter"), ("ppo", "k3"), ("rloo", "exact"),
      ("grpo", "exact"), ("grpo", "k1"),
    ])
  func variants(_ algorithm: String, _ variant: String) throws {
    let folder = try data()
    let reward = ["--reward", Self.length, "--kl", "0.1"]
    var more = reward
    switch variant {
    case "language":
      more += [
        "--set", "stages[0].rl.language={weight: 0.5, data: [\(folder.path)/data/train/captions.jsonl]}",
      ]
    case "adapter":
      more += [
        "--set", "stages[0].lora={rank: 2}", "--set", "stages[0].train={vision: false, projector: false}",
        "--set", "stages[0].rl.kl={weight: 0.1, target: 0.01, horizon: 20}",
      ]
    default: more += ["--set", "stages[0].rl.kl={weight: 0.1, estimate: \(variant)}"]
    }
    let plain = try rl(folder, "plain", algorithm, reward)
    let done = try rl(folder, "out", algorithm, more)
    #expect(plain.status == 0 && done.status == 0, "\(plain.errors) \(done.errors)")
    let entries = try RunLog.entries(of: "\(folder.path)/out/rl/log.jsonl")
    let rollouts = entries.filter { $0.kind == .rollout }
    #expect(
      rollouts.allSatisfy { ($0["kl"]?.number ?? .nan).isFinite && ($0["reward"]?.number ?? .nan).isFinite })
    // What was asked for takes part: the steps are others than without. (RLOO's loss itself is always about 0.)
    func steps(_ name: String) throws -> [[Double?]] {
      try RunLog.entries(of: "\(folder.path)/\(name)/rl/log.jsonl").filter { $0.kind == .train }.map {
        [$0[LogField.loss]?.number, $0[LogField.gradientNorm]?.number]
      }
    }
    #expect(try steps("out") != steps("plain"))
    guard variant == "adapter" else { return }
    let weights = rollouts.compactMap { $0["kl_weight"]?.number }
    #expect(Set(weights).count > 1, "\(weights)")
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/out/rl/adapter/adapter_config.json"))
    #expect(done.errors.contains("frozen: decoder ("), "\(done.errors)")
  }

  @Test("killed and gone on with in the midst of an iteration: the same bytes", arguments: ["ppo", "grpo"])
  func resumes(_ algorithm: String) throws {
    let folder = try data()
    let more = ["--reward", "exact", "--set", "stages[0].rl.minibatches=2", "--set", "stages[0].rl.epochs=2"]
    #expect(try rl(folder, "whole", algorithm, more).status == 0)
    let stopped = try rl(folder, "parts", algorithm, more + ["--max-steps", "1"])
    #expect(stopped.errors.contains("stopped after step 1"), "\(stopped.errors)")
    // The second and third step of an iteration of four, and the second of the next.
    for step in [3, 6] {
      let arguments = rlArguments(folder, "parts", algorithm) + more
      #expect(try kill(arguments, at: step, of: "\(folder.path)/parts/rl/log.jsonl"), "step \(step)")
    }
    #expect(try rl(folder, "parts", algorithm, more).status == 0)
    #expect(
      try bytes(folder, "parts/rl/model/model.safetensors")
        == bytes(folder, "whole/rl/model/model.safetensors"))
    let last = "rl/checkpoints/step-0000008"
    for name in ["weights", "moments"] {
      #expect(
        try bytes(folder, "parts/\(last)/\(name).safetensors")
          == bytes(folder, "whole/\(last)/\(name).safetensors"))
    }
    #expect(try log(folder, "parts/rl") == log(folder, "whole/rl"))
  }

  @Test("takes a program's rewards, and says what is wrong with one that fails")
  func program() throws {
    let folder = try data()
    try folder.write(
      """
      import json, sys
      for line in sys.stdin:
          ask = json.loads(line)
          assert set(ask) == {"id", "prompt", "images", "completion", "reference", "stopped"}
          print(json.dumps({"id": ask["id"], "reward": -len(ask["completion"]) / 10}), flush=True)

      """, "score.py")
    let done = try rl(folder, "out", "rloo", ["--reward", "program:python3 '\(folder.path)/score.py'"])
    #expect(done.status == 0, "\(done.errors)")
    for (command, words) in [
      ("true", "with status 0"), ("echo no", "no JSON"), ("echo '{\"id\": 0}'", "no reward"),
      ("echo '{\"id\": 99, \"reward\": 1}'", "not asked for"),
      ("exec /nowhere", "with status 127: the shell found no such command"),
      ("kill -9 $$", "by signal 9"), ("exec >&-; sleep 30", "the end of its output"),
    ] {
      let failed = try rl(folder, "bad", "rloo", ["--reward", "program:\(command)"])
      #expect(failed.status == 1 && failed.errors.contains(words), "\(command): \(failed.errors)")
    }
  }

  @Test("ends when the budget of divergence is spent, and keeps what did best")
  func budget() throws {
    let folder = try data()
    let done = try rl(
      folder, "out", "grpo", ["--reward", Self.length, "--kl-budget", "1e-9", "--lr", "3e-3"])
    #expect(done.status == 0 && done.errors.contains("the budget of divergence is spent"), "\(done.errors)")
    let entries = try RunLog.entries(of: "\(folder.path)/out/rl/log.jsonl")
    #expect(
      entries.contains { $0.kind == .event && ($0[LogField.message]?.text?.contains("budget") ?? false) })
    #expect(!entries.contains { $0.step == 8 && $0.kind == .train })
  }

  @Test(
    "refuses what it would ignore",
    arguments: [
      (["--reward", "exact", "--set", "stages[0].epochs=2"], "rollouts are counted"),
      (["--reward", "exact", "--max-length", "9"], "--max-length is not for rl"),
      (["--reward", "exact", "--batch", "4"], "--batch is not for rl"),
      (["--reward", "exact", "--validation", "x.jsonl"], "validation"),
      (["--reward", "exact", "--samples", "1"], "samples"),
      (["--reward", "exact", "--temperature", "0"], "temperature"),
      (["--reward", "exact", "--set", "stages[0].optimizer.bf16=true"], "bf16"),
      (["--reward", "exact", "--set", "stages[0].rl.kl.estimate=k2"], "k1, k3, exact"),
      (["--reward", "exact", "--set", "stages[0].rl.clip=5"], "clip"),
      (["--reward", "exact", "--set", "stages[0].rl.kl={weight: 0, target: 0.1}"], "target"),
      (["--reward", "nowhere"], "nowhere"), ([], "--reward is needed"),
    ])
  func refuses(_ more: [String], _ words: String) throws {
    let folder = try data()
    let result = try rl(folder, "out", "grpo", more)
    #expect(result.status != 0 && result.errors.contains(words), "\(result.errors)")
  }

  // MARK: DPO

  @Test("DPO and its kin make better answers likelier", arguments: ["dpo", "ipo", "simpo"])
  func dpo(_ loss: String) throws {
    let folder = try data()
    let done = try run(
      ["dpo", "--loss", loss] + flags(folder, "out", steps: 12) + [
        "--data", "\(folder.path)/train.jsonl", "--validation", "\(folder.path)/train.jsonl", "--batch", "12",
        "--validate-every", "12", "--evaluate", "\(folder.path)/data/validation/captions.jsonl",
      ])
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.errors.contains("‖∂log π/∂pixels‖"), "\(done.errors)")
    let entries = try RunLog.entries(of: "\(folder.path)/out/dpo/log.jsonl")
    let losses = entries.filter { $0.kind == .train }.compactMap { $0["loss"]?.number }
    #expect(losses.count == 12 && losses[11] < losses[0], "\(losses)")
    if loss == "dpo" { #expect(abs(losses[0] - 0.693147) < 1e-4) }
    _ = try LlavaModel(Checkpoint("\(folder.path)/out/dpo/model"))
  }
}
