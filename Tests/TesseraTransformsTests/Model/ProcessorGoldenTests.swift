import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

/// Numbers that a test has chosen: shares of the range, in the order in which they are asked for.
private struct Chosen: DrawSource {
  var shares: [Double]
  var wholes: [Double]
  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * shares.removeFirst()
  }
  mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(Double(range.count) * wholes.removeFirst())
  }
}

@Suite("Processors and resizing transforms agree with the large libraries")
struct ProcessorGoldenTests {
  let golden: Golden
  init() throws { golden = try Golden("processors") }

  private func cases(_ kind: String) throws -> [Golden.Case] {
    let cases = try golden.cases.filter { try $0.string("kind") == kind }
    try #require(!cases.isEmpty)
    return cases
  }

  private func size(_ value: [Int]) -> Size { Size(width: value[0], height: value[1]) }

  @Test("a pipeline from preprocessor_config.json gives the PIL backend's tensors, 1e-6 apart at most")
  func processors() throws {
    for entry in try cases("processor") {
      let pipeline = try Pipeline(huggingFace: entry.string("config"))
      let image = try golden.image(entry.string("input"))
      let draw = try pipeline.draw(
        for: PictureInfo(size: image.size, format: image.format), using: RandomStream(seed: 0))
      let output = try draw.apply(to: image)
      guard case .tensor(let tensor) = output.value else {
        Issue.record("\(entry) gives no tensor")
        continue
      }
      let wanted = try golden.floats(entry.string("output"))
      #expect(tensor.shape == wanted.shape && draw.output.tensor?.shape == wanted.shape, "\(entry)")
      let values = tensor.floatValues
      guard values.count == wanted.count else { continue }
      let apart = zip(values, wanted.elements).map { abs($0 - $1) }.max() ?? 0
      #expect(apart <= 1e-6, "\(entry): \(apart) apart")
      if entry.has("grid"), let patches = pipeline.steps.last as? QwenPatches {
        let before = try #require(draw.infos.dropLast().last)
        #expect(try patches.grid(for: before.size) == entry.ints("grid"))
      }
    }
  }

  @Test("RandomResizedCrop takes torchvision's rectangle when both draw the same numbers")
  func crops() throws {
    for entry in try cases("crop") {
      let (area, ratio) = (try entry.doubles("area"), try entry.doubles("ratio"))
      var chosen = Chosen(shares: try entry.doubles("shares"), wholes: try entry.doubles("wholes"))
      let crop = RandomResizedCrop(1, area: area[0]...area[1], aspectRatio: ratio[0]...ratio[1])
      let rect = crop.rect(in: size(try entry.ints("size")), using: &chosen)
      #expect(try [rect.x, rect.y, rect.width, rect.height] == entry.ints("rect"), "\(entry)")
    }
  }

  @Test("Resize, ScaleJitter and RandomShortestSize give torchvision's sizes")
  func sizes() throws {
    for entry in try cases("resize") {
      let text = try entry.string("pipeline")
      let draw = try Pipeline(text: text).draw(
        for: PictureInfo(size: size(try entry.ints("size")), format: .gray), using: RandomStream(seed: 0))
      #expect(try draw.output.size == size(entry.ints("out")), "\(text)")
    }
    for entry in try cases("jitter") {
      let out = ScaleJitter.size(
        of: size(try entry.ints("size")), fitting: Size(width: 50, height: 30),
        scale: try entry.double("scale"))
      #expect(try out == size(entry.ints("out")))
    }
    for entry in try cases("shortest") {
      let transform = RandomShortestSize([15, 20, 31], maxSize: 44)
      let out = transform.size(of: size(try entry.ints("size")), shortest: try entry.int("shortest"))
      #expect(try out == size(entry.ints("out")))
    }
  }

  @Test("boxes and keypoints move through a resize as torchvision's")
  func moves() throws {
    let entry = try #require(try cases("move").first)
    let operation = ResizeTo(Size(width: 19, height: 41))
    let picture = PictureInfo(size: Size(width: 37, height: 23), format: .rgb)
    let (boxes, moved) = (try entry.doubles("boxes"), try entry.doubles("moved"))
    for i in stride(from: 0, to: boxes.count, by: 4) {
      let box = operation.move(
        BoundingBox(left: boxes[i], top: boxes[i + 1], right: boxes[i + 2], bottom: boxes[i + 3]), in: picture
      )
      for (ours, theirs) in zip([box.left, box.top, box.right, box.bottom], moved[i..<i + 4]) {
        // torch multiplies by a float32 ratio.
        #expect(abs(ours - theirs) < 1e-5)
      }
    }
    let (points, went) = (try entry.doubles("points"), try entry.doubles("went"))
    for i in stride(from: 0, to: points.count, by: 2) {
      let point = operation.move(Point(x: points[i], y: points[i + 1]), in: picture)
      #expect(abs(point.x - went[i]) < 1e-5 && abs(point.y - went[i + 1]) < 1e-5)
    }
  }
}

extension AnyTensor {
  /// The elements as floats.
  fileprivate var floatValues: [Float] {
    switch self {
    case .float32(let t): t.elements
    case .uint8(let t): t.elements.map { Float($0) }
    default: []
    }
  }
}
