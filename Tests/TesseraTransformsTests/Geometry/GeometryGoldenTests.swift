import TestSupport
import Tessera
import Testing

/// What torchvision's v2 functionals gave for the same numbers (Tests/Golden/geometry).
@Suite struct GeometryGoldenTests {
  static let golden = Result { try Golden("geometry") }

  static func cases(views: Bool) throws -> [Golden.Case] {
    try golden.get().cases.filter { $0.has("views") == views }
  }

  /// A draw of a pipeline that has nothing to draw.
  private func run(_ text: String, _ image: Image, _ annotations: Annotations = Annotations()) throws
    -> (PipelineOutput, Draw)
  {
    let info = PictureInfo(size: image.size, format: image.format, boxes: annotations.boxes)
    let draw = try Pipeline(text: text).draw(for: info, using: RandomStream(seed: 0))
    return (try draw.apply(to: image, annotations: annotations), draw)
  }

  @Test("pixels are torchvision's on PIL pictures")
  func pixels() throws {
    let golden = try Self.golden.get()
    for given in try Self.cases(views: false) {
      let (output, draw) = try run(try given.string("pipeline"), try golden.image(try given.string("input")))
      guard case .image(let image) = output.value else { Issue.record("no image: \(given)"); continue }
      let expected = try golden.image(try given.string("output"))
      #expect(image.size == expected.size, "\(given)")
      #expect(draw.output.size == expected.size, "\(given)")
      let levels = given.has("levels") ? try given.int("levels") : 0
      let distance = Pictures.distance(image, expected)
      #expect(distance.largest <= levels, "\(given): \(distance.largest) levels in \(distance.share)")
    }
  }

  @Test("masks, boxes and keypoints go where torchvision's go")
  func annotations() throws {
    let golden = try Self.golden.get()
    for given in try Self.cases(views: false) where given.has("mask") {
      let boxes = try given.doubles("boxes")
      let points = try given.doubles("points")
      let half = try given.double("half")
      let image = try golden.image(try given.string("input"))
      let (output, draw) = try run(
        try given.string("pipeline"), image,
        Annotations(
          masks: [try golden.image(try given.string("mask"))],
          boxes: stride(from: 0, to: boxes.count, by: 4).map {
            BoundingBox(left: boxes[$0], top: boxes[$0 + 1], right: boxes[$0 + 2], bottom: boxes[$0 + 3])
          },
          keypoints: stride(from: 0, to: points.count, by: 2).map {
            Point(x: points[$0] + half, y: points[$0 + 1] + half)
          }))
      let moved = output.annotations
      #expect(draw.output.boxes == moved.boxes, "\(given)")
      let size = (x: Double(draw.output.size.width), y: Double(draw.output.size.height))
      let clipped = moved.boxes.flatMap { box in
        [
          min(max(box.left, 0), size.x), min(max(box.top, 0), size.y), min(max(box.right, 0), size.x),
          min(max(box.bottom, 0), size.y),
        ]
      }
      let tolerance = given.has("place") ? try given.double("place") : 1e-9
      let apart = Self.distance(clipped, try given.doubles("boxesOutput"))
      #expect(apart <= tolerance, "boxes: \(given): \(apart)")
      let places = Self.distance(
        moved.keypoints.flatMap { [$0.x - half, $0.y - half] }, try given.doubles("pointsOutput"))
      #expect(places <= tolerance, "keypoints: \(given): \(places)")
      let mask = Pictures.distance(moved.masks[0], try golden.image(try given.string("maskOutput")))
      let share = given.has("maskShare") ? try given.double("maskShare") : 0
      #expect(mask.share <= share, "mask: \(given): \(mask.share)")
    }
  }

  @Test("five and ten crops are torchvision's")
  func views() throws {
    let golden = try Self.golden.get()
    let cases = try Self.cases(views: true)
    #expect(cases.count >= 6)
    for given in cases {
      let (output, draw) = try run(try given.string("pipeline"), try golden.image(try given.string("input")))
      guard case .views(let views) = output.value else { Issue.record("no views: \(given)"); continue }
      #expect(views.count == (try given.int("views")))
      #expect(draw.output.views == views.count)
      #expect(views.allSatisfy { $0.size == draw.output.size })
      #expect(views.flatMap(\.bytes) == (try golden.image(try given.string("output"))).bytes, "\(given)")
    }
  }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }
}
