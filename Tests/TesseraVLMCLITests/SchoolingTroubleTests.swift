import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import TesseraVLM
import Testing

/// What goes wrong in the last stages, and how it is told.
@Suite("reward and rl in trouble", .serialized)
struct SchoolingTroubleTests {
  private static let model = Repository.path("samples/vlm/shapes/model")

  private func run(_ arguments: [String]) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  /// Scenes, and questions about them as conversations.
  private func data() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let made = try run([
      "make-shapes", "\(folder.path)/data", "--train", "12", "--validation", "6", "--heldout", "0",
      "--descriptions",
    ])
    #expect(made.status == 0, "\(made.errors)")
    return folder
  }

  private func rl(_ folder: TemporaryFolder, _ output: String, _ more: [String]) -> [String] {
    [
      "rl", "--model", Self.model, "--lr", "1e-4", "--log-every", "1", "--threads", "1", "-o",
      "\(folder.path)/\(output)", "--prompts", "3", "--samples", "2", "--max-answer", "24", "--look-every",
      "1",
      "--checkpoint-every", "1",
    ] + more
  }

  private func train(_ folder: TemporaryFolder) -> [String] {
    ["--data", "\(folder.path)/data/train/descriptions.jsonl", "--steps", "2"]
  }

  private func program(_ folder: TemporaryFolder, _ reward: String) throws -> String {
    try folder.write(
      """
      import json, sys
      for line in sys.stdin:
          a = json.loads(line)
          print(json.dumps({"id": a["id"], "reward": \(reward)}), flush=True)

      """, "reward.py")
    return "program:python3 '\(folder.path)/reward.py'"
  }

  private func looks(_ folder: TemporaryFolder, _ output: String) throws -> [LogEntry] {
    try RunLog.entries(of: "\(folder.path)/\(output)/rl/log.jsonl").filter { $0.kind == .look }
  }

  @Test("prompts without answers are learned from by a score that needs none")
  func openPrompts() throws {
    let folder = try data()
    var lines = ""
    for index in 0..<6 {
      let name = String(format: "data/train/images/%06d.png", index)
      lines +=
        #"{"messages": [{"role": "user", "content": "<image>\nWhat do you see?"}], "images": ["\#(name)"]}"#
        + "\n"
    }
    try folder.write(lines, "open.jsonl")
    let open = [
      "--data", "\(folder.path)/open.jsonl", "--evaluate", "\(folder.path)/open.jsonl", "--steps", "2",
    ]
    let done = try run(rl(folder, "out", open + ["--reward", program(folder, "len(a['completion']) % 7")]))
    #expect(done.status == 0 && done.errors.contains("no answers to compare with"), "\(done.errors)")
    #expect(!done.errors.contains("true score"), "\(done.errors)")
    let found = try looks(folder, "out")
    #expect(found.count == 3 && found.allSatisfy { $0["true_score"] == nil && $0["reward"] != nil })
    let exact = try run(rl(folder, "exact", open + ["--reward", "exact"]))
    #expect(exact.status == 1 && exact.errors.contains("the reward exact"), "\(exact.errors)")
  }

  @Test("a program can compare completions with references: neither has white space at its ends")
  func completion() throws {
    let folder = try data()
    let reward = try program(
      folder, "1 if all(a[k] and a[k] == a[k].strip() for k in ['completion', 'reference']) else 0")
    let done = try run(rl(folder, "out", train(folder) + ["--reward", reward]))
    #expect(done.status == 0, "\(done.errors)")
    let found = try looks(folder, "out")
    #expect(found.count == 3 && found.allSatisfy { $0["reward"]?.number == 1 }, "\(found.map(\.line))")
  }

  @Test("rollouts are not gone on with where the prompts are others")
  func otherPrompts() throws {
    let folder = try data()
    let arguments = rl(
      folder, "out",
      train(folder) + ["--reward", "exact", "--set", "stages[0].rl.minibatches=2", "--max-steps", "1"])
    #expect(try run(arguments).status == 0)
    let path = "\(folder.path)/data/train/descriptions.jsonl"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    for other in [Array(lines.prefix(2)), lines.reversed()] {
      try (other.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let result = try run(arguments)
      #expect(result.status == 1 && result.errors.contains("prompts that its checkpoint"), "\(result.errors)")
    }
  }

  @Test("what was looked at before a step that is lost is looked at again")
  func lostLook() throws {
    let folder = try data()
    let held = ["--evaluate", "\(folder.path)/data/validation/descriptions.jsonl"]
    // As by a run that was killed before its first checkpoint, with another reward.
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/out/rl", withIntermediateDirectories: true)
    let stale =
      #"{"step":0,"stage":"rl","kind":"look","reward":9,"true_score":1,"stop_rate":1,"length":1}"# + "\n"
    try folder.write(stale, "out/rl/log.jsonl")
    let done = try run(rl(folder, "out", train(folder) + held + ["--reward", "exact"]))
    #expect(done.status == 0, "\(done.errors)")
    let first = try looks(folder, "out").filter { $0.step == 0 }
    #expect(first.count == 1 && first[0]["reward"]?.number != 9)
  }

  @Test("ctrl-C twice ends a run that waits for a program")
  func twice() throws {
    let folder = try data()
    let script = """
      "$@" 2>err.txt &
      run=$!
      for i in $(seq 1 600); do grep -q "∂out" err.txt && break; sleep 0.1; done
      sleep 1
      kill -INT $run; sleep 1
      kill -0 $run && echo waits
      kill -INT $run
      for i in $(seq 1 600); do kill -0 $run 2>/dev/null || break; sleep 0.1; done
      kill -0 $run 2>/dev/null && echo still there
      wait $run; echo status $?
      """
    let arguments = rl(folder, "out", train(folder) + ["--reward", "program:sleep 987"])
    let result = try Shell.run(
      "cd '\(folder.path)'; set -m\n\(script)", [Command.path(of: "tessera-vlm")] + arguments)
    #expect(result.output.contains("waits\n") && result.output.contains("status 130"), "\(result.output)")
    #expect(!result.output.contains("still there"))
    let errors = try String(contentsOfFile: "\(folder.path)/err.txt", encoding: .utf8)
    #expect(errors.contains("once more ends at once"), "\(errors)")
  }

  @Test("what a late stage names and is not there is told before the first")
  func places() throws {
    let folder = try data()
    func recipe(_ reward: String, _ data: String) -> String {
      """
      name: late
      model: {directory: \(Self.model)}
      stages:
        - {stage: sft, data: [\(folder.path)/data/train/descriptions.jsonl], steps: 1, batch: {samples: 2}}
        - stage: rl
          data: [\(data)]
          steps: 1
          rl: {rewards: [{kind: learned, directory: \(reward)}]}
      """
    }
    for (text, words) in [
      (
        recipe("rewrd", "\(folder.path)/data/train/descriptions.jsonl"),
        "an earlier reward stage (there is none)"
      ),
      (recipe(Self.model, "nowhere.jsonl"), "nothing there"),
    ] {
      try folder.write(text, "late.yaml")
      let result = try run(["run", "\(folder.path)/late.yaml", "-o", "\(folder.path)/late", "--threads", "1"])
      #expect(
        result.status == 1 && result.errors.contains(words) && result.errors.contains("'rl'"),
        "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/late/sft"))
    }
  }

  @Test("a reward model is measured on pairs, is no policy, and is found where it lies")
  func rewardModel() throws {
    let folder = try data()
    let made = try run([
      "make-preferences", "\(folder.path)/data/train/descriptions.jsonl", "--attributes", "shapes", "-o",
      "\(folder.path)/new/pairs.jsonl",
    ])
    #expect(made.status == 0, "\(made.errors)")
    let pairs = "\(folder.path)/new/pairs.jsonl"
    let trained = try run([
      "reward", "--model", Self.model, "--data", pairs, "--steps", "2", "--batch", "4", "--threads", "1",
      "-o",
      "\(folder.path)/rm", "--set", "stages[0].reward.normalise=8",
    ])
    #expect(trained.status == 0, "\(trained.errors)")
    let reward = "\(folder.path)/rm/reward/model"
    let measured = try run(["evaluate", reward, pairs, "--threads", "1"])
    #expect(
      measured.status == 0 && measured.output.contains("pairs whose better answer scores higher"),
      "\(measured.output) \(measured.errors)")
    let json = try run(["evaluate", reward, pairs, "--json", "--no-controls", "--threads", "1"])
    #expect(json.status == 0 && json.output.contains(#""sets""#), "\(json.errors)")
    let policy = try run([
      "rl", "--model", reward, "--data", "\(folder.path)/data/train/descriptions.jsonl", "--steps", "1",
      "--reward",
      "exact", "-o", "\(folder.path)/policy",
    ])
    #expect(policy.status == 1 && policy.errors.contains("a reward model"), "\(policy.errors)")
    let near = try run(rl(folder, "near", train(folder) + ["--reward", "\(folder.path)/rm"]))
    #expect(near.status != 0 && near.errors.contains("there is one at \(reward)"), "\(near.errors)")
    let none = try run([
      "make-preferences", "\(folder.path)/data/train/descriptions.jsonl", "--attributes",
      "\(folder.path)/words.json", "-o", "\(folder.path)/none.jsonl",
    ])
    #expect(none.status != 0 && !FileManager.default.fileExists(atPath: "\(folder.path)/none.jsonl"))
  }

  @Test("a list of words that changed makes its preferences anew")
  func words() throws {
    let folder = try data()
    try folder.write(#"{"words": [["red", "green", "blue", "yellow", "purple"]]}"#, "words.json")
    let recipe = """
      name: words
      model: {directory: \(Self.model)}
      stages:
        - stage: reward
          make: [{path: pairs.jsonl, from: {path: \(folder.path)/data/train/descriptions.jsonl}, attributes: \(folder.path)/words.json}]
          data: [pairs.jsonl]
          steps: 1
          batch: {samples: 2}
          reward: {normalise: 4}
      """
    try folder.write(recipe, "words.yaml")
    let arguments = ["run", "\(folder.path)/words.yaml", "-o", "\(folder.path)/out", "--threads", "1"]
    #expect(try run(arguments).status == 0)
    #expect(try run(arguments).errors.contains("done already"))
    try folder.write(#"{"words": [["large", "small"]]}"#, "words.json")
    let again = try run(arguments)
    #expect(again.status == 0 && again.errors.contains("trained anew"), "\(again.errors)")
    #expect(again.errors.contains("pairs.jsonl: was made of something else"), "\(again.errors)")
  }
}
