import Foundation
import TestSupport
import Testing

@Suite("tessera-vlm evaluate", .serialized)
struct EvaluateCommandTests {
  static let model = Repository.path("samples/vlm/shapes/model")
  /// What the sample model answers, rightly, about its pictures.
  static let scenes = [
    "a": "a blue bar above a yellow triangle", "b": "a blue bar above a green square",
    "c": "a red bar above a red circle", "d": "a green triangle above a yellow circle",
  ]

  private func line(_ picture: String, _ question: String, _ answer: String, _ kind: String) -> String {
    """
    {"image":"\(picture).png","category":"\(kind)","conversations":[{"from":"human","value":"<image>\\n\(question)"},\
    {"from":"gpt","value":"\(answer)"}]}

    """
  }

  /// What is there and how many, of each picture.
  private func questions(_ pictures: [String], count: String = "two") -> String {
    pictures.map { picture in
      line(picture, "What is this?", Self.scenes[picture] ?? "", "scene")
        + line(picture, "How many shapes are there?", count, "count")
    }.joined()
  }

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for picture in Self.scenes.keys {
      let bytes = try Data(contentsOf: URL(filePath: Repository.path("samples/vlm/shapes/\(picture).png")))
      try folder.write(Array(bytes), "\(picture).png")
    }
    try folder.write(questions(["a", "b", "c", "d"]), "held.jsonl")
    return folder
  }

  private func run(_ folder: TemporaryFolder, _ more: [String]) throws -> Command.Result {
    try Command.run(["evaluate", Self.model, "--threads", "1"] + more, tool: "tessera-vlm")
  }

  /// A metric's row of the JSON's first set.
  private func row(_ output: String, _ metric: String, _ category: String? = nil) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    let sets = try #require(json?["sets"] as? [[String: Any]])
    let rows = try #require(sets.first?["rows"] as? [[String: Any]])
    return try #require(
      rows.first { $0["metric"] as? String == metric && $0["category"] as? String == category },
      "\(metric): \(output)")
  }

  @Test("answers, loss and their controls: a model that sees is worse with others' pictures and with none")
  func controls() throws {
    let folder = try folder()
    let done = try run(folder, ["\(folder.path)/held.jsonl", "--json"])
    #expect(done.status == 0, "\(done.errors)")
    let exact = try row(done.output, "exact match")
    #expect(exact["real"] as? Double == 1 && exact["samples"] as? Int == 8)
    // No other picture shows the scene; all show two shapes.
    #expect(exact["shuffled"] as? Double == 0.5)
    #expect(try row(done.output, "exact match", "count")["shuffled"] as? Double == 1)
    #expect(try row(done.output, "exact match", "scene")["visual_gain"] as? Double == 1)
    let loss = try row(done.output, "loss per learned token")
    let real = try #require(loss["real"] as? Double)
    let (shuffled, blank) = (loss["shuffled"] as? Double ?? 0, loss["blank"] as? Double ?? 0)
    #expect(real < 0.5 && shuffled > real + 0.5 && blank > real + 0.5, "\(loss)")
    let bits = try #require(try row(done.output, "bits per byte")["real"] as? Double)
    #expect(bits > 0 && bits < real)
    #expect(try row(done.output, "stop rate")["real"] as? Double == 1)
    #expect(try row(done.output, "BLEU-4")["real"] as? Double ?? 0 > 99)
  }

  @Test("the most frequent answer is that of the data that was trained on")
  func majority() throws {
    let folder = try folder()
    // Of the set's own answers "two" is right for every count, and one scene of four.
    let own = try run(folder, ["\(folder.path)/held.jsonl", "--json", "--no-controls"])
    #expect(try row(own.output, "always the most frequent answer")["real"] as? Double == 0.625)
    #expect(try row(own.output, "exact match")["shuffled"] == nil)
    // Trained on, "one" was most frequent: it is never right here.
    try folder.write(questions(["b", "b", "c"], count: "one"), "train.jsonl")
    let other = try run(
      folder,
      [
        "\(folder.path)/held.jsonl", "--json", "--no-controls", "--majority-from",
        "\(folder.path)/train.jsonl",
      ])
    let metric = "always training's most frequent answer"
    #expect(try row(other.output, metric)["real"] as? Double == 0.125)
    #expect(try row(other.output, metric, "count")["real"] as? Double == 0)
    #expect(try row(other.output, metric, "scene")["real"] as? Double == 0.25)
  }

  @Test("a table for people, a line for each answer, a page with the pictures")
  func leaves() throws {
    let folder = try folder()
    let done = try run(
      folder,
      [
        "\(folder.path)/held.jsonl", "--answers", "\(folder.path)/answers.jsonl", "--report",
        "\(folder.path)/page.html",
      ])
    #expect(done.status == 0, "\(done.errors)")
    for words in [
      "held.jsonl", "real  shuffled", "exact match", "scene", "loss per learned token", "visual gain",
    ] {
      #expect(done.output.contains(words), "\(words): \(done.output)")
    }
    let lines = try folder.lines("answers.jsonl")
    #expect(lines.count == 8)
    let first = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    #expect(first?["reply"] as? String == Self.scenes["a"] && first?["right"] as? Bool == true)
    #expect(
      first?["question"] as? String == "What is this?" && first?["shuffled"] as? String != Self.scenes["a"])
    let page = try String(contentsOfFile: "\(folder.path)/page.html", encoding: .utf8)
    #expect(page.contains("data:image/png;base64,") && page.contains("visual gain"))
  }

  @Test("text alone has a loss and no answers; several sets have a table each")
  func text() throws {
    let folder = try folder()
    try folder.write("a blue bar above a green square\n", "words.txt")
    let done = try run(
      folder, ["\(folder.path)/words.txt", "\(folder.path)/held.jsonl", "--json", "--limit", "2"])
    #expect(done.status == 0, "\(done.errors)")
    let loss = try row(done.output, "loss per learned token")
    #expect((loss["real"] as? Double ?? 0) > 0 && loss["shuffled"] == nil)
    let json = try JSONSerialization.jsonObject(with: Data(done.output.utf8)) as? [String: Any]
    let sets = try #require(json?["sets"] as? [[String: Any]])
    let metrics = sets.map { set in
      (set["rows"] as? [[String: Any]] ?? []).compactMap { $0["metric"] as? String }
    }
    #expect(metrics.count == 2 && metrics[0] == ["loss per learned token", "bits per byte"], "\(metrics)")
    #expect(metrics[1].contains("exact match"))
    #expect(done.output.contains("held.jsonl"))
  }

  @Test("what cannot be measured is told before anything is asked")
  func wrong() throws {
    let folder = try folder()
    let none = try run(folder, ["\(folder.path)/held.jsonl", "\(folder.path)/none.jsonl"])
    #expect(none.status == 1 && none.errors.contains("none.jsonl") && none.output.isEmpty, "\(none.errors)")
    try folder.write(line("nothing", "What is this?", "a bar", "scene"), "lost.jsonl")
    let lost = try run(folder, ["\(folder.path)/lost.jsonl"])
    #expect(lost.status == 1 && lost.errors.contains("nothing.png"), "\(lost.errors)")
    #expect(try run(folder, ["\(folder.path)/held.jsonl", "--batch", "0"]).status == 64)
    #expect(try run(folder, []).status == 64)
    let decoder = try Command.run(
      ["evaluate", Models.path("llama-only"), "\(folder.path)/held.jsonl"], tool: "tessera-vlm")
    #expect(decoder.status != 0 && decoder.errors.contains("a LLaVA directory"), "\(decoder.errors)")
  }
}
