internal import TesseraCore

/// Draws questions about one scene.
///
/// Each kind draws its wanted answer first where it can choose, so that the answers of a kind, and of one wording, come
/// equally often over many scenes.
struct ShapesQuestionMaker {
  private let scene: ShapesScene
  private var random: RandomStream

  init(_ scene: ShapesScene, _ random: RandomStream) {
    self.scene = scene
    self.random = random
  }

  /// The next question; of a kind that the scene does not allow another is drawn.
  mutating func next() -> ShapesQuestion {
    while true {
      if let question = question(kind()) { return question }
    }
  }

  private mutating func kind() -> ShapesQuestion.Kind {
    let kinds = ShapesQuestion.Kind.allCases
    var draw = random.integer(in: 0...kinds.reduce(0) { $0 + $1.weight } - 1)
    for kind in kinds {
      draw -= kind.weight
      if draw < 0 { return kind }
    }
    return .colour
  }

  /// A question of a kind; nil where the draw gives none.
  private mutating func question(_ kind: ShapesQuestion.Kind) -> ShapesQuestion? {
    switch kind {
    case .count: count()
    case .presence: presence()
    case .region: region()
    default: choose(candidates(kind))
    }
  }

  private mutating func choose<T>(_ values: [T]) -> T? {
    values.isEmpty ? nil : values[random.integer(in: 0...values.count - 1)]
  }

  // MARK: drawn by their answers

  private mutating func count() -> ShapesQuestion? {
    let all = candidates(.count)
    let total = all[0]
    if random.bernoulli(0.4) {
      // Two of objects are more frequent than one; so many are let through that both answers are equally frequent.
      let kept = (1 - ShapesLayout.twoObjects) / ShapesLayout.twoObjects
      return scene.objects.count == 1 || random.bernoulli(kept) ? total : nil
    }
    let wanted = ["zero", "one", "two"][random.integer(in: 0...2)]
    return choose(all.dropFirst().filter { $0.answer == wanted })
  }

  /// By colour, by shape or by both, each as often. Of pairs that are not there, half are near misses: the colour of
  /// an object, or its shape.
  private mutating func presence() -> ShapesQuestion? {
    let wanted = random.bernoulli(0.5) ? "yes" : "no"
    switch random.integer(in: 0...2) {
    case 0: return choose(presencesOfColours.filter { $0.answer == wanted })
    case 1: return choose(presencesOfShapes.filter { $0.answer == wanted })
    default:
      let isNear = wanted == "no" && random.bernoulli(0.5)
      let pairs = isNear ? askedPairs.filter { isNearMiss($0) } : askedPairs
      return choose(presences(of: pairs).filter { $0.answer == wanted })
    }
  }

  /// In a fifth of the draws about a corner where nothing is.
  private mutating func region() -> ShapesQuestion? {
    let isEmpty = random.bernoulli(0.2)
    return choose(regions.filter { ($0.answer == Self.nothing) == isEmpty })
  }

  private func isNearMiss(_ pair: ShapesPair) -> Bool {
    scene.objects.contains { $0.pair.colour == pair.colour || $0.pair.shape == pair.shape }
  }

  // MARK: all that can be asked

  /// Every question that has one answer here.
  var all: [ShapesQuestion] { ShapesQuestion.Kind.allCases.flatMap(candidates) }

  private func candidates(_ kind: ShapesQuestion.Kind) -> [ShapesQuestion] {
    switch kind {
    case .colour:
      each(hiding: .colour) { ShapesQuestion(.colour, "What colour is the \($1)?", $0.pair.colour.rawValue) }
    case .shape:
      each(hiding: .shape) { ShapesQuestion(.shape, "What shape is the \($1)?", $0.pair.shape.rawValue) }
    case .size:
      each(hiding: .size) { ShapesQuestion(.size, "Is the \($1) small or large?", $0.size.rawValue) }
    case .position: positions
    case .count: counts
    case .presence: presencesOfColours + presencesOfShapes + presences(of: askedPairs)
    case .relation: relations
    case .object: neighbours
    case .region: regions
    }
  }

  /// A question for each object and each name that fits it alone.
  private func each(
    hiding hidden: ShapesReference = [], _ make: (ShapesObject, String) -> ShapesQuestion?
  ) -> [ShapesQuestion] {
    scene.objects.indices.flatMap { index in
      scene.names(of: index, hiding: hidden).compactMap { make(scene.objects[index], $0) }
    }
  }

  private static let nothing = "nothing"

  /// The corner of an object whose centre is far enough from both middle lines, three pixels of 48; or else nil.
  private func corner(_ object: ShapesObject) -> String? {
    let (middle, least) = (ShapesScene.grid / 2, 12)
    guard abs(object.x - middle) >= least, abs(object.y - middle) >= least else { return nil }
    return "\(object.y < middle ? "top" : "bottom") \(object.x < middle ? "left" : "right")"
  }

  private var positions: [ShapesQuestion] {
    each { object, name in
      corner(object).map { ShapesQuestion(.position, "In which corner is the \(name)?", $0) }
    }
  }

  /// Of scenes whose objects all have a corner, those of one object and those of none.
  private var regions: [ShapesQuestion] {
    let corners = scene.objects.map(corner)
    guard !corners.contains(nil) else { return [] }
    return ["top left", "top right", "bottom left", "bottom right"].compactMap { asked in
      let here = scene.objects.indices.filter { corners[$0] == asked }
      guard here.count < 2 else { return nil }
      let answer = here.first.map { "a \(scene.objects[$0].pair.name)" }
      return ShapesQuestion(.region, "What is in the \(asked) corner?", answer ?? Self.nothing)
    }
  }

  private var counts: [ShapesQuestion] {
    let words = ["zero", "one", "two"]
    func question(_ things: String, _ isOne: (ShapesObject) -> Bool) -> ShapesQuestion {
      ShapesQuestion(.count, "How many \(things) are there?", words[scene.objects.filter(isOne).count])
    }
    return [question("objects") { _ in true }]
      + ShapesShape.allCases.map { shape in question("\(shape.rawValue)s") { $0.pair.shape == shape } }
      + ShapesColour.allCases.map { colour in
        question("\(colour.rawValue) objects") { $0.pair.colour == colour }
      }
  }

  private var presencesOfColours: [ShapesQuestion] {
    ShapesColour.allCases.map { colour in
      presence("\(colour.rawValue) object") { $0.pair.colour == colour }
    }
  }

  private var presencesOfShapes: [ShapesQuestion] {
    ShapesShape.allCases.map { shape in presence(shape.rawValue) { $0.pair.shape == shape } }
  }

  private func presences(of pairs: [ShapesPair]) -> [ShapesQuestion] {
    pairs.map { pair in presence(pair.name) { $0.pair == pair } }
  }

  private func presence(_ thing: String, _ isOne: (ShapesObject) -> Bool) -> ShapesQuestion {
    ShapesQuestion(.presence, "Is there a \(thing)?", scene.objects.contains(where: isOne) ? "yes" : "no")
  }

  /// Pairs that training never shows are asked about in held-out scenes alone: in training the answer would always be
  /// no, and that would be learned.
  private var askedPairs: [ShapesPair] {
    let isHeldOut = scene.objects.contains { ShapesPair.heldOut.contains($0.pair) }
    return isHeldOut ? ShapesPair.all : ShapesPair.trained
  }

  private var relations: [ShapesQuestion] {
    between { object, name, other, words in
      ShapesQuestion(
        .relation, "Is the \(name) left of, right of, above or below the \(other)?",
        words.replacing(" of", with: ""))
    }
  }

  private var neighbours: [ShapesQuestion] {
    // Named by the other alone: each wording comes once for each of the object's own names, which say nothing here.
    let questions = between { object, _, other, words in
      ShapesQuestion(.object, "What is \(words) the \(other)?", "a \(object.pair.name)")
    }
    return questions.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// A question for each order of the two objects, with the words for how the first stands to the second, and for each
  /// of their names.
  private func between(
    _ make: (_ object: ShapesObject, _ name: String, _ other: String, _ words: String) -> ShapesQuestion
  ) -> [ShapesQuestion] {
    guard let relation = scene.relation, scene.objects.count == 2 else { return [] }
    let words = relation == .leftOf ? ["left of", "right of"] : ["above", "below"]
    return [0, 1].flatMap { index in
      scene.names(of: index).flatMap { name in
        scene.names(of: 1 - index).map { make(scene.objects[index], name, $0, words[index]) }
      }
    }
  }
}
