import Tessera
import TesseraCore
import TesseraCorpora
import TesseraData
import Testing

@Suite struct ShapesSceneTests {
  private func scenes(_ split: ShapesSplit, _ count: Int, seed: UInt64 = 5) -> [ShapesScene] {
    (0..<count).map { ShapesScene(seed: seed, split: split, index: $0) }
  }

  @Test("the held-out pairs have each shape once and each colour at most once, and training never shows them")
  func heldOutPairs() {
    #expect(Set(ShapesPair.heldOut.map(\.shape)).count == ShapesShape.allCases.count)
    #expect(Set(ShapesPair.heldOut.map(\.colour)).count == ShapesPair.heldOut.count)
    for split in [ShapesSplit.train, .validation] {
      let pairs = Set(scenes(split, 3000).flatMap { $0.objects.map(\.pair) })
      #expect(pairs == Set(ShapesPair.trained))
    }
    let held = scenes(.heldout, 3000)
    #expect(held.allSatisfy { scene in scene.objects.contains { ShapesPair.heldOut.contains($0.pair) } })
    #expect(Set(held.flatMap { $0.objects.map(\.pair) }) == Set(ShapesPair.all))
  }

  @Test("no scene of one split is in another, whatever the seeds")
  func disjoint() {
    var seen: [Set<UInt64>] = []
    var described: [Set<[ShapesObject]>] = []
    for split in ShapesSplit.allCases {
      let made = [5, 6, 7].flatMap { scenes(split, 4000, seed: $0) }
      seen.append(Set(made.map(\.fingerprint)))
      described.append(Set(made.map(\.objects)))
      // The hash tells scenes apart as well as their objects do.
      #expect(seen[seen.count - 1].count == described[described.count - 1].count)
      #expect(seen[seen.count - 1].count > 11_900)
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      #expect(seen[a].isDisjoint(with: seen[b]))
      #expect(described[a].isDisjoint(with: described[b]))
    }
  }

  @Test("a scene depends on seed, split and index alone")
  func pure() {
    let one = ShapesScene(seed: 9, split: .train, index: 17)
    #expect(one == scenes(.train, 18, seed: 9)[17])
    #expect(one.image == ShapesScene(seed: 9, split: .train, index: 17).image)
    #expect(one.questions(2) == Array(one.questions(8).prefix(2)))
    #expect(one != ShapesScene(seed: 10, split: .train, index: 17))
    #expect(one != ShapesScene(seed: 9, split: .train, index: 18))
  }

  @Test(
    "objects are inside of the picture, apart, and clearly left of or above each other",
    arguments: ShapesSplit.allCases)
  func layout(_ split: ShapesSplit) {
    for scene in scenes(split, 3000) {
      for object in scene.objects {
        #expect(min(object.x, object.y) >= object.radius + 4)
        #expect(max(object.x, object.y) <= ShapesScene.grid - object.radius - 4)
        #expect((object.size == .small ? 20...24 : 35...40).contains(object.radius))
      }
      guard scene.objects.count == 2 else {
        #expect(scene.relation == nil)
        continue
      }
      let (a, b) = (scene.objects[0], scene.objects[1])
      #expect(a.pair != b.pair)
      let (across, down) = (b.x - a.x, b.y - a.y)
      let (along, aside) = scene.relation == .leftOf ? (across, down) : (down, across)
      #expect(along >= a.radius + b.radius + 10)
      #expect(2 * abs(aside) <= along)
    }
  }

  @Test("each colour, shape, size, number and relation comes about equally often")
  func frequencies() {
    let made = scenes(.train, 6000)
    func share(_ isOne: (ShapesScene) -> Bool) -> Double {
      Double(made.filter(isOne).count) / Double(made.count)
    }
    #expect(abs(share { $0.objects.count == 2 } - 0.6) < 0.03)
    #expect(abs(share { $0.relation == .leftOf } - 0.3) < 0.03)
    #expect(abs(share { $0.objects[0].size == .small } - 0.5) < 0.03)
    for pair in ShapesPair.trained { #expect(abs(share { $0.objects[0].pair == pair } - 0.05) < 0.012) }
  }

  private static let paints: [ShapesColour: [Double]] = [
    .red: [220, 50, 47], .green: [60, 180, 75], .blue: [50, 110, 240], .yellow: [240, 210, 50],
    .white: [240, 240, 240], .purple: [160, 70, 200],
  ]
  /// Areas in squares of the radius.
  private static let areas: [ShapesShape: Double] = [
    .circle: .pi, .square: 4, .triangle: 1.8, .bar: 1.44,
  ]

  @Test(
    "the picture has the object's paint at its centre, and as much of it as its area",
    arguments: [48, 64, 31])
  func pixels(_ side: Int) throws {
    var measured = 0
    for scene in scenes(.train, 200) + scenes(.heldout, 200) {
      let image = scene.image(side: side)
      let unit = Double(ShapesScene.grid) / Double(side)
      let ground = [scene.background.red, scene.background.green, scene.background.blue].map { Double($0) }
      for object in scene.objects {
        let paint = try #require(Self.paints[object.pair.colour])
        let (x, y) = (Int(Double(object.x) / unit), Int(Double(object.y) / unit))
        for channel in 0..<3 {
          #expect(
            abs(Double(image[x, y, channel]) - paint[channel]) <= 24, "\(scene.caption), channel \(channel)")
        }
        // Where the ground is nearly black, the noise is cut off at 0 and no longer sums to nothing.
        guard scene.objects.count == 1, ground.allSatisfy({ $0 >= 15 }) else { continue }
        measured += 1
        // How much of each pixel is paint, by least squares over its channels.
        let contrast = zip(paint, ground).map { $0 - $1 }
        let square = contrast.reduce(0) { $0 + $1 * $1 }
        let bytes = image.bytes
        let covered = bytes.indices.reduce(0.0) { sum, index in
          sum + (Double(bytes[index]) - ground[index % 3]) * contrast[index % 3] / square
        }
        let area =
          Self.areas[object.pair.shape, default: 0] * Double(object.radius * object.radius) / (unit * unit)
        #expect(abs(covered - area) < 0.12 * area + 4, "\(scene.caption): \(covered), not \(area)")
      }
    }
    #expect(measured > 30)
  }

  @Test("captions change only on purpose")
  func pinnedCaptions() {
    let made = ShapesSplit.allCases.map { split in
      (0..<3).map { ShapesScene(seed: 3, split: split, index: $0).caption }
    }
    #expect(made == Self.captions)
  }

  @Test("pixels change only on purpose")
  func pinnedPixels() {
    let digests = ShapesSplit.allCases.flatMap { split in
      [48, 33].map { side in
        String(
          Digest.hex(of: ShapesScene(seed: 3, split: split, index: 1).image(side: side).bytes).prefix(16))
      }
    }
    #expect(digests == Self.digests)
    let scene = ShapesScene(seed: 3, split: .train, index: 0)
    #expect(scene.questions(4).map { "\($0.kind.rawValue): \($0.text) \($0.answer)" } == Self.questions)
  }

  private static let captions = [
    [
      "a large blue triangle above a small green square", "a large white triangle",
      "a small white square left of a small red circle",
    ],
    [
      "a small white triangle left of a large purple triangle",
      "a small white square above a small white circle",
      "a large green triangle above a small blue triangle",
    ],
    ["a small blue circle", "a small red triangle", "a large red bar left of a large blue circle"],
  ]
  private static let digests = [
    "45288e420efce897", "1985692a0f2dfb93", "e6b7fa90f5feb8e3", "3400abc54756d95e", "c859d99b69329765",
    "f0e95e0c4abcbb37",
  ]
  private static let questions = [
    "shape: What shape is the small object? square",
    "relation: Is the large blue triangle left of, right of, above or below the small square? above",
    "colour: What colour is the large triangle? blue",
    "position: In which corner is the large triangle? top left",
  ]
}
