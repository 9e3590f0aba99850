import TestSupport
import TesseraCore
import TesseraText
import Testing

/// Metrics beside the reference libraries: `Tests/Golden/metrics/golden.json`.
@Suite("metrics beside sacrebleu and pycocoevalcap")
struct MetricGoldenTests {
  let root: JSONValue

  init() throws { root = try JSONReader.read(try Repository.bytes("Tests/Golden/metrics/golden.json")) }

  static func strings(_ value: JSONValue?) -> [String] { value?.items.compactMap(\.text) ?? [] }

  static func number(_ value: JSONValue?) -> Double {
    switch value {
    case .int(let value)?: Double(value)
    case .double(let value)?: value
    default: .nan
    }
  }

  static func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-10 * max(1, abs(b)) }

  @Test("each tokenizer cuts any text as sacrebleu's of its name", arguments: ["13a", "zh", "char", "none"])
  func words(_ name: String) throws {
    let tokenizer = try #require(MetricTokenizer(rawValue: name))
    var count = 0
    for item in root["words"]?.items ?? [] {
      let text = try #require(item["text"]?.text)
      let (mine, theirs) = (tokenizer.words(text), Self.strings(item[name]))
      // By bytes: equal strings may be written with other scalars.
      #expect(
        mine.map { Array($0.utf8) } == theirs.map { Array($0.utf8) },
        "\(text.debugDescription): \(mine), \(theirs)")
      count += theirs.count
    }
    #expect(count > 1000)
  }

  @Test("BLEU's score, precisions, penalty and lengths are sacrebleu's")
  func bleu() throws {
    var scores = Set<Double>()
    for item in root["bleu"]?.items ?? [] {
      let value = Self.number(item["value"])
      let smoothing: BLEU.Smoothing =
        switch item["smoothing"]?.text {
        case "exp": .exp
        case "floor": .floor(value)
        case "add-k": .add(value)
        default: .none
        }
      let bleu = try BLEU(
        Self.strings(item["answers"]), references: (item["references"]?.items ?? []).map { Self.strings($0) },
        tokenizer: try #require(MetricTokenizer(rawValue: item["tokenizer"]?.text ?? "")),
        smoothing: smoothing)
      #expect(Self.isNear(bleu.score, Self.number(item["score"])), "\(item)")
      #expect(Self.isNear(bleu.brevityPenalty, Self.number(item["penalty"])), "\(item)")
      for (mine, theirs) in zip(bleu.precisions, item["precisions"]?.items ?? []) {
        #expect(Self.isNear(mine, Self.number(theirs)), "\(item)")
      }
      #expect(bleu.length == item["length"]?.whole && bleu.referenceLength == item["reference_length"]?.whole)
      scores.insert(bleu.score)
    }
    #expect(scores.count > 40)
  }

  @Test("CIDEr and CIDEr-D are the reference's, on made-up captions and on the authors' own example")
  func cider() throws {
    var names: [String] = []
    for item in root["cider"]?.items ?? [] {
      names.append(item["name"]?.text ?? "")
      for (kind, name) in [(CIDEr.Kind.ciderD, "ciderD"), (.cider, "cider")] {
        let cider = try CIDEr(
          Self.strings(item["answers"]),
          references: (item["references"]?.items ?? []).map { Self.strings($0) },
          kind: kind, tokenizer: .none)
        let theirs = try #require(item[name])
        #expect(
          Self.isNear(cider.score, Self.number(theirs["score"])), "\(names.last!) \(name): \(cider.score)")
        #expect(cider.scores.count == theirs["scores"]?.items.count)
        for (mine, theirs) in zip(cider.scores, theirs["scores"]?.items ?? []) {
          #expect(Self.isNear(mine, Self.number(theirs)))
        }
      }
    }
    #expect(names == ["small", "one", "many", "short", "abstract"])
  }
}
