import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

@Suite("tokens are drawn as transformers draws them")
struct SamplerTests {
  struct Case: Decodable, Sendable {
    let logits: [Double]
    let seen: [Int]
    let temperature: Double
    let top_k: Int?
    let top_p: Double?
    let min_p: Double?
    let penalty: Double?
    let probabilities: [Double]

    var options: GenerationOptions {
      var options = GenerationOptions()
      (options.temperature, options.topK, options.topP) = (temperature, top_k, top_p ?? 1)
      (options.minP, options.repetitionPenalty) = (min_p ?? 0, penalty ?? 1)
      return options
    }
  }

  static let cases = Result {
    try JSONDecoder().decode([Case].self, from: Data(Repository.bytes("Tests/Golden/vlm/samplers.json")))
  }

  @Test("what is left, and how likely it is, for every filter and all of them")
  func filters() throws {
    let cases = try Self.cases.get()
    #expect(cases.count == 28)
    for (number, item) in cases.enumerated() {
      let sampler = TokenSampler(options: item.options, banned: [], row: 0)
      let scores = sampler.scores(item.logits, seen: Set(item.seen))
      let left = sampler.candidates(scores, top: TokenSampler.likeliest(scores).token)
      let total = left.reduce(0) { $0 + $1.weight }
      var got = Array(repeating: 0.0, count: item.logits.count)
      for candidate in left { got[candidate.token] = candidate.weight / total }
      for (token, (a, b)) in zip(got, item.probabilities).enumerated() {
        #expect(abs(a - b) < 1e-12 && (a == 0) == (b == 0), "case \(number), token \(token): \(a), \(b)")
      }
    }
  }

  @Test("tokens come as often as they are likely, and no other comes")
  func frequencies() throws {
    let draws = 1500
    for item in try Self.cases.get() {
      let sampler = TokenSampler(options: item.options, banned: [], row: 1)
      var counts = Array(repeating: 0.0, count: item.logits.count)
      for place in 0..<draws {
        counts[sampler.choose(item.logits, seen: Set(item.seen), place: place).token] += 1
      }
      for (count, probability) in zip(counts, item.probabilities) {
        if probability == 0 { #expect(count == 0) }
        // Five standard deviations of a binomial count, and two for the few that are hardly ever drawn.
        let spread = (Double(draws) * probability * (1 - probability)).squareRoot()
        #expect(abs(count - Double(draws) * probability) <= 5 * spread + 2)
      }
    }
  }

  @Test("greedy takes the likeliest that is not banned, of equals the first, and says its lead")
  func greedy() {
    let sampler = TokenSampler(options: GenerationOptions(), banned: [3, 99], row: 0)
    let choice = sampler.choose([1, 5, 2, 9, 5], seen: [], place: 0)
    #expect(choice.token == 1 && choice.gap == 0)
    #expect(sampler.choose([1, 5, 2, 9, 4.5], seen: [], place: 0).gap == 0.5)
    var options = GenerationOptions()
    options.repetitionPenalty = 2
    let penal = TokenSampler(options: options, banned: [], row: 0)
    #expect(penal.scores([4, -4, 4], seen: [0, 1, 7]) == [2, -8, 4])
    #expect(penal.choose([4, -4, 3], seen: [0, 1], place: 0).token == 2)
  }

  @Test("options out of range are refused by name")
  func options() {
    let wrong: [(inout GenerationOptions) -> Void] = [
      { $0.maxNewTokens = 0 }, { $0.temperature = -1 }, { $0.temperature = .nan },
      { ($0.temperature, $0.topK) = (1, 0) }, { ($0.temperature, $0.topP) = (1, 0) },
      { ($0.temperature, $0.topP) = (1, 1.1) }, { ($0.temperature, $0.minP) = (1, 1) },
      { $0.repetitionPenalty = 0 }, { $0.stopStrings = [""] }, { $0.topK = 5 },
    ]
    for change in wrong {
      var options = GenerationOptions()
      change(&options)
      #expect(throws: TesseraError.self) { try options.validate() }
    }
    #expect(throws: Never.self) { try GenerationOptions().validate() }
  }
}

@Suite("stop strings are watched for in pieces of text")
struct StopWatcherTests {
  /// What is given out of a text in pieces, and whether it was stopped.
  static func run(_ stops: [String], _ pieces: [String]) -> (text: String, isStopped: Bool) {
    var watcher = StopWatcher(stops)
    let text = pieces.map { watcher.append($0) }.joined()
    return (text + watcher.finish(), watcher.isStopped)
  }

  @Test("in any pieces the text ends before the stop string that is complete first")
  func pieces() {
    let texts = ["one two three", "aaab", "no stop here", "ééè ÷ ñ", "ababac", "STO STOP"]
    let stops = [["two"], ["aab"], ["ababac"], ["é÷", "÷"], ["abac"], ["STOP", "OP"], [" ", "e t"], []]
    for text in texts {
      for list in stops {
        // The one that is complete first; of two that end together, the longer.
        let ends = list.compactMap { text.firstRange(of: $0) }.min {
          ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound)
        }?.lowerBound
        for size in 1...4 {
          let characters = Array(text)
          let pieces = stride(from: 0, to: characters.count, by: size).map {
            String(characters[$0..<min($0 + size, characters.count)])
          }
          let got = Self.run(list, pieces)
          #expect(got.text == (ends.map { String(text[..<$0]) } ?? text), "\(text), \(list), \(size)")
          #expect(got.isStopped == (ends != nil))
        }
      }
    }
  }

  @Test("only what may become a stop string is held back")
  func holds() {
    var watcher = StopWatcher(["</s>", "<|end|>"])
    #expect(watcher.append("text <") == "text ")
    #expect(watcher.append("|en") == "")
    #expect(watcher.append("t") == "<|ent")
    #expect(watcher.append("x</s") == "x")
    #expect(!watcher.isStopped)
    #expect(watcher.append(">more") == "")
    #expect(watcher.isStopped && watcher.append("even more") == "" && watcher.finish() == "")
  }
}
