import TesseraCorpora
import Testing

@Suite struct ShapesQuestionTests {
  /// An answerer of its own, which reads the words and looks at the objects.
  private func answers(_ question: ShapesQuestion, _ scene: ShapesScene) -> String? {
    let text = question.text
    func matching(_ phrase: some StringProtocol) -> [ShapesObject] {
      scene.objects.filter { object in
        phrase.split(separator: " ").allSatisfy {
          var word = String($0)
          if word.hasSuffix("s") { word.removeLast() }
          return word == "object" || object.name.split(separator: " ").contains { $0 == word }
        }
      }
    }
    func the(_ phrase: some StringProtocol) -> ShapesObject? {
      let found = matching(phrase)
      return found.count == 1 ? found[0] : nil
    }
    switch question.kind {
    case .colour:
      guard let match = text.wholeMatch(of: /What colour is the (.+)\?/) else { return nil }
      return the(match.1)?.pair.colour.rawValue
    case .shape:
      guard let match = text.wholeMatch(of: /What shape is the (.+)\?/) else { return nil }
      return the(match.1)?.pair.shape.rawValue
    case .size:
      guard let match = text.wholeMatch(of: /Is the (.+) small or large\?/) else { return nil }
      return the(match.1)?.size.rawValue
    case .count:
      guard let match = text.wholeMatch(of: /How many (.+) are there\?/) else { return nil }
      return ["zero", "one", "two"][matching(match.1).count]
    case .presence:
      guard let match = text.wholeMatch(of: /Is there a (.+)\?/) else { return nil }
      return matching(match.1).isEmpty ? "no" : "yes"
    case .position:
      guard let match = text.wholeMatch(of: /In which corner is the (.+)\?/), let one = the(match.1) else {
        return nil
      }
      guard abs(one.x - 96) >= 12, abs(one.y - 96) >= 12 else { return nil }
      return (one.y < 96 ? "top " : "bottom ") + (one.x < 96 ? "left" : "right")
    case .relation:
      guard let match = text.wholeMatch(of: /Is the (.+) left of, right of, above or below the (.+)\?/),
        let a = the(match.1), let b = the(match.2)
      else { return nil }
      return abs(a.x - b.x) > abs(a.y - b.y)
        ? (a.x < b.x ? "left" : "right") : (a.y < b.y ? "above" : "below")
    case .object:
      guard let match = text.wholeMatch(of: /What is (left of|right of|above|below) the (.+)\?/),
        let other = the(match.2), let one = scene.objects.first(where: { $0 != other })
      else { return nil }
      let (across, down) = (one.x - other.x, one.y - other.y)
      let isRight =
        switch match.1 {
        case "left of": across < 0 && -across > abs(down)
        case "right of": across > 0 && across > abs(down)
        case "above": down < 0 && -down > abs(across)
        default: down > 0 && down > abs(across)
        }
      return isRight ? "a \(one.pair.name)" : nil
    case .region:
      guard let match = text.wholeMatch(of: /What is in the (top|bottom) (left|right) corner\?/),
        scene.objects.allSatisfy({ abs($0.x - 96) >= 12 && abs($0.y - 96) >= 12 })
      else { return nil }
      let here = scene.objects.filter {
        ($0.y < 96) == (match.1 == "top") && ($0.x < 96) == (match.2 == "left")
      }
      return here.isEmpty ? "nothing" : here.count == 1 ? "a \(here[0].pair.name)" : nil
    }
  }

  @Test("every question has the one answer that the objects give", arguments: ShapesSplit.allCases)
  func truth(_ split: ShapesSplit) {
    var kinds: Set<ShapesQuestion.Kind> = []
    for index in 0..<800 {
      let scene = ShapesScene(seed: 11, split: split, index: index)
      let questions = scene.questions(ShapesScene.questionLimit)
      #expect(Set(questions.map(\.text)).count == ShapesScene.questionLimit)
      for question in questions {
        kinds.insert(question.kind)
        #expect(answers(question, scene) == question.answer, "\(scene.caption): \(question.text)")
        #expect(scene.answer(to: question.text) == question.answer)
      }
    }
    #expect(kinds.count == ShapesQuestion.Kind.allCases.count)
  }

  @Test("training and validation never ask about a held-out pair")
  func heldOut() {
    for split in [ShapesSplit.train, .validation] {
      for index in 0..<3000 {
        for question in ShapesScene(seed: 12, split: split, index: index).questions(4) {
          let names = ShapesPair.heldOut.contains { question.text.contains($0.name) }
          #expect(!names, "\(question.text)")
        }
      }
    }
  }

  /// What share of the questions an answerer without eyes, or with the wrong picture, gets right.
  private struct Score {
    var count = 0
    var majority = 0
    var blind = 0
    var shuffled = 0
    func share(_ right: Int) -> Double { Double(right) / Double(max(count, 1)) }
  }

  private func best(_ counts: [String: Int]) -> String? {
    counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  /// Learns the most frequent answers on other scenes, then answers: the kind's most frequent; the wording's; what the
  /// next scene's picture says, or else the wording's.
  private func scores(_ split: ShapesSplit, _ scenes: Int) -> (
    all: Score, kinds: [ShapesQuestion.Kind: Score]
  ) {
    var ofKind: [ShapesQuestion.Kind: [String: Int]] = [:]
    var ofText: [String: [String: Int]] = [:]
    for index in 0..<scenes {
      for question in ShapesScene(seed: 21, split: split, index: index).questions(2) {
        ofKind[question.kind, default: [:]][question.answer, default: 0] += 1
        ofText[question.text, default: [:]][question.answer, default: 0] += 1
      }
    }
    var all = Score()
    var kinds: [ShapesQuestion.Kind: Score] = [:]
    for index in 0..<scenes {
      let other = ShapesScene(seed: 22, split: split, index: index + 1)
      for question in ShapesScene(seed: 22, split: split, index: index).questions(2) {
        let major = best(ofKind[question.kind] ?? [:])
        let blind = ofText[question.text].flatMap(best) ?? major
        let shuffled = other.answer(to: question.text) ?? blind
        var score = kinds[question.kind] ?? Score()
        score.count += 1
        all.count += 1
        for (keyPath, guess) in [
          (\Score.majority, major), (\Score.blind, blind), (\Score.shuffled, shuffled),
        ]
        where guess == question.answer {
          score[keyPath: keyPath] += 1
          all[keyPath: keyPath] += 1
        }
        kinds[question.kind] = score
      }
    }
    return (all, kinds)
  }

  @Test("the most frequent answers, the wording alone, and another scene's picture stay at or below 40 %")
  func balance() {
    let (all, kinds) = scores(.train, 10_000)
    #expect(all.count == 20_000)
    #expect(all.share(all.majority) <= 0.40)
    #expect(all.share(all.blind) <= 0.40)
    #expect(all.share(all.shuffled) <= 0.40)
    // Near the best that so many answers allow.
    let limits: [ShapesQuestion.Kind: Double] = [
      .colour: 0.23, .shape: 0.32, .size: 0.54, .count: 0.57, .presence: 0.54, .relation: 0.29,
      .position: 0.29,
      .object: 0.09, .region: 0.23,
    ]
    for (kind, limit) in limits {
      let score = kinds[kind] ?? Score()
      #expect(score.count > 1000, "\(kind)")
      for (name, right) in [
        ("majority", score.majority), ("blind", score.blind), ("shuffled", score.shuffled),
      ] {
        #expect(score.share(right) <= limit, "\(kind), \(name): \(score.share(right))")
      }
    }
  }

  @Test("a held-out scene is no easier for those who know training's answers alone")
  func heldOutBalance() {
    var majorities: [ShapesQuestion.Kind: [String: Int]] = [:]
    for index in 0..<3000 {
      for question in ShapesScene(seed: 31, split: .train, index: index).questions(2) {
        majorities[question.kind, default: [:]][question.answer, default: 0] += 1
      }
    }
    var (right, count) = (0, 0)
    for index in 0..<3000 {
      for question in ShapesScene(seed: 31, split: .heldout, index: index).questions(2) {
        count += 1
        if best(majorities[question.kind] ?? [:]) == question.answer { right += 1 }
      }
    }
    #expect(Double(right) / Double(count) <= 0.40)
  }
}
