import TestSupport
import Tessera
import Testing

/// What torchvision's v2 gave for the same numbers (Tests/Golden/colour).
@Suite struct ColourGoldenTests {
  static let golden = Result { try Golden("colour") }

  static func run(_ text: String, _ image: Image) throws -> PipelineOutput {
    let info = PictureInfo(size: image.size, format: image.format)
    return try Pipeline(text: text).draw(for: info, using: RandomStream(seed: 0)).apply(to: image)
  }

  @Test("pictures and tensors are torchvision's to the bit; the blur within one level")
  func values() throws {
    let golden = try Self.golden.get()
    var (blurred, differing, compared) = (0, 0.0, 0)
    for given in golden.cases where given.has("output") {
      let text = try given.string("pipeline")
      let image = try golden.image(try given.string("input"))
      compared += 1
      switch try Self.run(text, image).value {
      case .image(let ours):
        let distance = Pictures.distance(ours, try golden.image(try given.string("output")))
        let levels = given.has("levels") ? try given.int("levels") : 0
        #expect(distance.largest <= levels, "\(given): \(distance)")
        if levels > 0 {
          blurred += 1
          differing += distance.share
        }
      case .tensor(.float32(let ours)):
        let theirs = try golden.floats(try given.string("output"))
        #expect(ours.shape == theirs.shape, "\(given)")
        // Values, not bits: torch's −0 and 0 are one.
        let wrong = zip(ours.elements, theirs.elements).count { $0 != $1 }
        #expect(wrong == 0, "\(given): \(wrong) of \(ours.count) elements differ")
      default: Issue.record("\(given) gave neither picture nor float tensor")
      }
    }
    #expect(compared > 200 && blurred == 20)
    // Ties between two orders of summation are rare: measured 0 of 20 pictures.
    #expect(differing / Double(blurred) < 1e-3)
  }

  static func digest(_ image: Image) -> String {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in image.bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test("automatic augmentations give every picture that torchvision's can give, and no other")
  func outcomes() throws {
    let golden = try Self.golden.get()
    for given in golden.cases where given.has("digests") {
      let image = try golden.image(try given.string("input"))
      let pipeline = try Pipeline(text: try given.string("pipeline"))
      let expected = Set(try given.string("digests").split(separator: " ").map(String.init))
      let info = PictureInfo(size: image.size, format: image.format)
      var (found, strange): (Set<String>, [String]) = ([], [])
      for sample in 0..<12_000 where found.count < expected.count || sample < 2000 {
        let draw = try pipeline.draw(for: info, using: RandomStream(seed: 5, sample: UInt64(sample)))
        guard case .image(let output) = try draw.apply(to: image).value else { continue }
        let digest = Self.digest(output)
        if expected.contains(digest) { found.insert(digest) } else { strange.append(draw.pipeline.text) }
      }
      #expect(
        strange.isEmpty, "\(given): \(strange.count) others, such as \(Set(strange).sorted().prefix(5))")
      #expect(found == expected, "\(given): \(found.count) of \(expected.count)")
    }
  }
}
