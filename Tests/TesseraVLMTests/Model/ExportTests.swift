import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// A model's parameters written anew: to our own eyes always; to both transformers' where `TESSERA_ORACLE` is set and
/// `.oracle/big` is there (`make oracle`).
@Suite("what is written is the model that was read", .serialized)
struct ExportTests {
  static let hasOracle =
    ProcessInfo.processInfo.environment["TESSERA_ORACLE"] != nil
    && FileManager.default.fileExists(atPath: Repository.path(".oracle/big/bin/python"))

  /// Writes a directory from the parameters of a model in memory.
  static func export(_ name: String, to path: String) throws {
    let checkpoint = try Checkpoint(ParityTests.path(name))
    let model = try LlavaModel(checkpoint, writable: true)
    var writer = CheckpointWriter()
    writer.syncs = false
    try writer.write(
      model.config, to: path, dataType: checkpoint.mainType,
      sideFiles: SideFiles(from: ParityTests.path(name))
    ) { spec, body in
      guard let tensor = model.parameters[spec.name], let type = tensor.type.dataType else {
        throw TesseraError(.invalidInput(operation: "export", expected: spec.name, got: "none"))
      }
      try tensor.withBytes { try body(type, $0) }
    }
  }

  @Test(
    "tensors are byte-equal, and so are the logits",
    arguments: TinyLlava.names + [
      "layout-5x-clip", "layout-5x-siglip", "layout-memory", "sharded", "bf16", "f16",
    ])
  func bytes(_ name: String) throws {
    let folder = try TemporaryFolder()
    try Self.export(name, to: "\(folder.path)/m")
    let (old, new) = (try Checkpoint(ParityTests.path(name)), try Checkpoint("\(folder.path)/m"))
    #expect(new.parameters.map(\.spec) == old.parameters.map(\.spec) && new.ignored.isEmpty)
    for (a, b) in zip(old.parameters, new.parameters) {
      #expect(a.weight.type == b.weight.type)
      #expect(try a.weight.withBytes { Array($0) } == b.weight.withBytes { Array($0) }, "\(a.spec.name)")
    }
    let (before, after) = (try LlavaModel(old), try LlavaModel(new))
    let ids = [[1, 9, 20, 33, 47, 12]]
    #expect(try noGrad { try after.logits(ids).isEqual(to: before.logits(ids)) })
    let processor = try Processor("\(folder.path)/m", after.config)
    #expect(
      try processor.prompt("USER: Déjà vu…").ids
        == Processor(old.path, before.config).prompt("USER: Déjà vu…").ids)
  }

  // MARK: what transformers says of it

  struct Said: Decodable {
    struct Result: Decodable {
      struct Logits: Decodable {
        let max: Double
        let last: [Double]
      }
      let version: String
      let error: String?
      let ids: [Int]?
      let new: [Int]?
      let answer: String?
      let generated: [Int]?
      let logits: Logits?
    }
    let directory: String
    let results: [Result]
    let difference: Double?
    let same_new: Bool
  }

  @Test(
    "both transformers load what is written, with the same logits and the same greedy text",
    .enabled(if: hasOracle))
  func live() throws {
    let folder = try TemporaryFolder()
    let names = TinyLlava.names + ["layout-5x-clip", "layout-5x-siglip", "layout-memory", "sharded"]
    for name in names { try Self.export(name, to: "\(folder.path)/\(name)") }
    let image = Repository.path("Tests/Golden/vlm/shared/a.png")
    let text = "<image>USER: What is left of the circle? ASSISTANT:"
    let process = Process()
    process.executableURL = URL(filePath: Repository.path(".oracle/big/bin/python"))
    process.arguments =
      [Repository.path("Tests/Golden/vlm/roundtrip.py")] + names.map { "\(folder.path)/\($0)" }
      + ["--prompt", text, "--image", image, "--max-new-tokens", "24"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let told = try JSONDecoder().decode([Said].self, from: output)
    #expect(told.count == names.count)
    var table: [String: Double] = [:]
    for (name, said) in zip(names, told) {
      let directory = try ParityTests.Directory(name)
      let prompt = try directory.prompt(text, "a")
      let logits = try directory.logits([prompt])[0]
      let last = logits.select(0, logits.size(0) - 1).array(of: Double.self)
      var options = GenerationOptions()
      options.maxNewTokens = 24
      let answer = try Generator(directory.model, directory.processor).answer([prompt], options).answers[0]
      #expect(said.same_new && said.results.count == 2)
      for result in said.results {
        let found = try #require(result.logits, "\(name), \(result.version): \(result.error ?? "")")
        let distance = zip(last, found.last).map { abs($0 - $1) }.max().map { $0 / found.max } ?? .infinity
        #expect(result.ids == prompt.ids && distance < 1e-5, "\(name), \(result.version): \(distance)")
        #expect(answer.nearTies > 0 || (result.new == answer.ids && result.answer == answer.text), "\(name)")
        table[name] = max(table[name] ?? 0, distance)
      }
    }
    try ParityTable.write(live: table)
  }
}

/// The part of docs/vlm-parity.md that says how far Tessera is from transformers.
@Suite("the table of differences") struct ParityTable {
  static let page = Repository.path("docs/vlm-parity.md")
  static let markers = ("<!-- ours -->\n", "<!-- /ours -->")

  /// The largest difference of a directory's golden logits, and how many golden answers there are.
  static func measured(_ name: String) throws -> (difference: Double, prompts: Int, places: Int) {
    let directory = try TinyLlava.directory(name)
    var result = (difference: 0.0, prompts: 0, places: 0)
    for item in ParityTests.cases("logits") where try item.string("directory") == name {
      let expected = try ParityTests.tensor(item.string("output"))
      let got = try directory.logits([TinyLlava.prompt(item, directory)])[0]
      let last = got.slice(0, got.size(0) - expected.size(0)..<got.size(0))
      result.difference = max(result.difference, ParityTests.distance(last, expected))
      result.prompts += 1
      result.places += expected.size(0)
    }
    return result
  }

  /// Rewrites the table; `live` is how far the logits of both transformers on what Tessera wrote are from Tessera's.
  static func write(live: [String: Double]) throws {
    var rows = [
      "Largest differences of this run, libtorch \(TorchRuntime.version), float32; the stored copies are those below.",
      "The greedy answers (28 tokens; one picture, two, none, and a batch of two) are the same in every directory.",
      "",
      "| directory | stored logits: places | largest difference | written by Tessera, read by 4.57 and 5.x |",
      "|---|---|---|---|",
    ]
    for name in TinyLlava.names + [
      "layout-5x-clip", "layout-5x-siglip", "layout-memory", "sharded", "bf16", "f16",
    ] {
      let measured = try measured(name)
      let stored = measured.prompts == 0 ? ("–", "–") : ("\(measured.places)", text(measured.difference))
      rows.append("| \(name) | \(stored.0) | \(stored.1) | \(live[name].map(text) ?? "–") |")
    }
    let old = try String(contentsOfFile: page, encoding: .utf8)
    let start = try #require(old.firstRange(of: markers.0)), end = try #require(old.firstRange(of: markers.1))
    let new = old[..<start.upperBound] + rows.joined(separator: "\n") + "\n" + old[end.lowerBound...]
    try String(new).write(toFile: page, atomically: true, encoding: .utf8)
  }

  private static func text(_ value: Double) -> String { String(format: "%.1e", value) }

  @Test("names every directory, and no difference in it is beyond the threshold")
  func complete() throws {
    let old = try String(contentsOfFile: Self.page, encoding: .utf8)
    let start = try #require(old.firstRange(of: Self.markers.0)),
      end = try #require(old.firstRange(of: Self.markers.1))
    let rows = old[start.upperBound..<end.lowerBound].split(separator: "\n").filter { $0.hasPrefix("| ") }
      .dropFirst()
    let cells = rows.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(Set(TinyLlava.names).isSubset(of: cells.map { $0[0] }))
    for row in cells {
      for cell in row[2...] where cell != "–" { #expect(try #require(Double(cell)) < 1e-5) }
    }
  }
}
