import Foundation
import TestSupport
import TesseraTracking
import Testing

/// What a run does with data that is not as it should be, with numbers that are none, and with signals.
@Suite("tessera-vlm run in trouble", .serialized)
struct RunTroubleTests {
  /// A recipe whose data stands beside it.
  private static func recipe(_ data: String, _ more: String) -> String {
    """
    name: trouble
    prepare: [{make: shapes, folder: data, train: 24, validation: 2, heldout: 2}]
    model:
      new:
        vision: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, image_size: 48, patch_size: 16}
        decoder: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, positions: 128}
        vocabulary: 300
    stages:
      - stage: sft
        name: questions
        data: [\(data)]
        train: {vision: true, decoder: true}
        optimizer: {schedule: constant, learning_rate: 1e-3}
        log_every: 1
    \(more.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))

    """
  }

  private func run(_ folder: TemporaryFolder, _ more: [String] = []) throws -> Command.Result {
    try Command.run(
      ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out", "--threads", "1"] + more,
      tool: "tessera-vlm")
  }

  private func events(_ folder: TemporaryFolder) throws -> [LogEntry] {
    try RunLog.entries(of: "\(folder.path)/out/questions/log.jsonl").filter { $0.kind == .event }
  }

  private static func conversation(_ id: String, _ turns: [(String, String)]) -> String {
    let messages = turns.map { #"{"role":"\#($0.0)","content":"\#($0.1)"}"# }.joined(separator: ",")
    return #"{"id":"\#(id)","messages":[\#(messages)]}"# + "\n"
  }

  @Test(
    "a gradient that is not finite is named with its samples, in the log and on the way, and the run saves and stops"
  )
  func notFinite() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.recipe("data/train/questions.jsonl", "steps: 30\nbatch: {samples: 2}"),
      "recipe.yaml")
    // Such a rate makes the weights so large at once that nothing is finite any more.
    let result = try run(folder, ["--set", "stages[0].optimizer.learning_rate=1e30"])
    #expect(result.status == 1, "\(result.errors)")
    let events = try events(folder)
    #expect(events.count == 4)
    for event in events {
      guard case .list(let samples) = event["samples"], samples.count == 2, case .text(let name) = samples[0]
      else {
        Issue.record("no samples in \(event.line)")
        continue
      }
      #expect(result.errors.contains("warning: step \(event.step): the gradient is not finite"))
      #expect(result.errors.contains(name), "\(name): \(result.errors)")
    }
    let last = try #require(events.last?.step)
    #expect(result.errors.contains("saved after step \(last)"), "\(result.errors)")
    let number = String(10_000_000 + last).dropFirst()
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/out/questions/checkpoints/step-\(number)"))
  }

  @Test("a step of which no picture can be read is passed over where pictures may be, and named")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.recipe("data/train/questions.jsonl", "steps: 24\nbatch: {samples: 1}\nbad_pictures: skip"),
      "recipe.yaml")
    #expect(try run(folder, ["--dry-run"]).status == 0)
    for index in 0..<24 where index % 3 == 1 {
      let name = String(1_000_000 + index).dropFirst()
      try folder.write("no picture", "out/data/train/images/\(name).png")
    }
    let result = try run(folder)
    #expect(result.status == 0, "\(result.errors)")
    let events = try events(folder)
    #expect(!events.isEmpty && events.count < 24)
    #expect(result.errors.contains("no sample of the step could be read; the step is passed over"))
    let losses = try RunLog.entries(of: "\(folder.path)/out/questions/log.jsonl").filter { $0.kind == .train }
    #expect(losses.count == 24)
  }

  @Test("turns in a wrong order and answers without words are warned of before step 1")
  func wrongTurns() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.conversation("a", [("user", "One?"), ("user", "Two?"), ("assistant", "yes")])
        + Self.conversation("b", [("user", "One?"), ("assistant", "")])
        + Self.conversation("c", [("user", "One?"), ("assistant", "no")]), "odd.jsonl")
    try folder.write(Self.recipe("\(folder.path)/odd.jsonl", "steps: 1\nbatch: {samples: 1}"), "recipe.yaml")
    let result = try run(folder, ["--dry-run"])
    #expect(
      result.errors.contains(
        "2 samples are trained on as they are, but something is wrong with them (sample 0: turns 1 and 2 are both questions; sample 1: turn 2, an answer, has no words)"
      ), "\(result.errors)")
  }

  @Test("a sample that cannot be trained on is named with its file")
  func named() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.conversation("b", [("user", "One?")]), "unanswered.jsonl")
    try folder.write(
      Self.recipe("\(folder.path)/unanswered.jsonl", "steps: 1\nbatch: {samples: 1}"), "recipe.yaml")
    let result = try run(folder, ["--dry-run"])
    #expect(result.status == 1 && result.errors.contains("unanswered.jsonl"), "\(result.errors)")
  }

  @Test("pictures that come later than the first step are looked at when they come")
  func latePictures() throws {
    let folder = try TemporaryFolder()
    let words = (0..<40).map {
      Self.conversation("t\($0)", [("user", "Say \($0)."), ("assistant", "\($0)")])
    }
    try folder.write(words.joined(), "words.jsonl")
    try folder.write(
      Self.recipe(
        "{path: '\(folder.path)/words.jsonl', weight: 9}, {path: data/train/questions.jsonl, weight: 1}",
        "steps: 40\nbatch: {samples: 1}"), "recipe.yaml")
    // One of the seeds begins with words alone: nine of ten samples are such.
    for seed in 0..<6 {
      let arguments = ["--set", "seed=\(seed)", "--set", "prepare[0].folder=data"]
      let folderOfSeed = ["-o", "\(folder.path)/out\(seed)"]
      let result = try Command.run(
        ["run", "\(folder.path)/recipe.yaml", "--threads", "1"] + folderOfSeed + arguments,
        tool: "tessera-vlm")
      #expect(result.status == 0, "\(result.errors)")
      guard result.errors.contains("the first has none") else { continue }
      let later = try #require(
        result.errors.range(of: "in the first batch with pictures"), "\(result.errors)")
      #expect(later.lowerBound > result.errors.range(of: "before step 1")!.lowerBound)
      return
    }
    Issue.record("no run began with words alone")
  }

  @Test(
    "SIGTERM saves, says how to go on, and ends with its status", arguments: [("TERM", 143), ("INT", 130)])
  func signals(_ signal: String, _ status: Int) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Self.recipe("data/train/questions.jsonl", "steps: 3000\nbatch: {samples: 1}"), "recipe.yaml")
    // A shell's background jobs ignore ctrl-C, unless it says otherwise.
    let script = """
      set -m
      "$1" run "$2/recipe.yaml" -o "$2/out" --threads 1 2>"$2/said" &
      for i in $(seq 1 3000); do
        grep -q '"step":3,' "$2/out/questions/log.jsonl" 2>/dev/null && break
        sleep 0.01
      done
      kill -\(signal) $!; wait $!; echo "status $?"; cat "$2/said"
      """
    let result = try Shell.run(script, [try Command.path(of: "tessera-vlm"), folder.path])
    #expect(result.output.contains("status \(status)"), "\(result.output)")
    #expect(result.output.contains("give the same command again to go on"))
    let again = try run(folder, ["--max-steps", "1"])
    #expect(again.status == 0 && again.errors.contains("goes on after step"), "\(again.errors)")
  }
}
