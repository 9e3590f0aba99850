import TesseraCodecs
import TesseraCore
import TesseraTransforms
import TestSupport
import Testing

/// Law 1: a plan gives bit for bit what the same operations give one after another on whole pictures.
@Suite("Law 1: the plan never changes a pixel")
struct LawOneTests {
  static let imageSteps = Examples.steps.keys.sorted().flatMap { name in
    Examples.steps[name]!.filter { Examples.worksOnImages($0) }
  }

  static let endings = [
    "", "to_tensor", "to_tensor|normalize(imagenet)", "horizontal_flip|to_tensor|normalize(half)",
    "horizontal_flip|pil_to_tensor", "to_tensor|normalize(clip)|to_dtype(float16)",
    "to_tensor|random_erasing(probability: 1)|normalize(half)", "rescale|normalize(siglip)",
  ]

  /// Draws, does both, and compares; false if the pipeline cannot take the picture.
  static func check(_ text: String, _ image: Image, seed: UInt64) throws -> Bool {
    let pipeline = try Pipeline(text: text)
    let info = PictureInfo(size: image.size, format: image.format)
    guard let draw = try? pipeline.draw(for: info, using: RandomStream(seed: seed)) else { return false }
    let plan = try Plan(draw)
    let expected: PipelineOutput
    do { expected = try draw.apply(to: image) } catch {
      #expect(throws: TesseraError.self, "\(text) on \(image)") { try plan.execute(on: image) }
      return false
    }
    #expect(try plan.execute(on: image) == expected, "\(text) on \(image), seed \(seed): \(plan)")
    #expect(matches(expected, draw.output), "\(text) on \(image): drawn for \(draw.output)")
    return true
  }

  /// Whether the output has the size and shape that the draw foretold.
  static func matches(_ output: PipelineOutput, _ info: PictureInfo) -> Bool {
    switch output.value {
    case .image(let image): image.size == info.size && image.format == info.format && info.tensor == nil
    case .views(let images):
      images.count == info.views && images.allSatisfy { $0.size == info.size && $0.format == info.format }
    case .tensor(let tensor):
      tensor.shape == info.tensor?.shape && tensor.dataType == info.tensor?.dataType
    }
  }

  @Test func holdsForEveryPairOfNeighbours() throws {
    let picture = Pictures.ramps(Size(width: 23, height: 17), .rgb, seed: 1)
    var (done, seed) = (0, UInt64(0))
    for first in Self.imageSteps {
      for second in Self.imageSteps {
        seed += 1
        done += try Self.check("\(first)|\(second)", picture, seed: seed) ? 1 : 0
      }
    }
    let all = Self.imageSteps.count * Self.imageSteps.count
    #expect(done * 10 >= all * 9, "only \(done) of \(all) pairs could be done")
  }

  @Test func holdsForRandomPipelinesOverRandomPictures() throws {
    var random = RandomStream(seed: 2026)
    var done = 0
    for trial in 0..<3000 {
      let steps = (0..<random.integer(in: 1...5)).map { _ in
        Self.imageSteps[random.integer(in: 0...Self.imageSteps.count - 1)]
      }
      let ending = Self.endings[random.integer(in: 0...Self.endings.count - 1)]
      let text = (steps + (ending.isEmpty ? [] : [ending])).joined(separator: "|")
      let edges = [1, 2, 3, 8, 19, 40]
      let size = Size(
        width: edges[random.integer(in: 0...5)], height: edges[random.integer(in: 0...5)])
      let format = PixelFormat.allCases[random.integer(in: 0...4)]
      let picture = Pictures.ramps(size, format, seed: UInt64(trial))
      done += try Self.check(text, picture, seed: UInt64(trial)) ? 1 : 0
    }
    #expect(done > 1000, "only \(done) of 3000 pipelines could be done")
  }

  @Test func holdsFromEncodedPicturesOfEveryOrientation() throws {
    var random = RandomStream(seed: 7)
    var done = 0
    for trial in 0..<160 {
      let size = Size(width: random.integer(in: 1...60), height: random.integer(in: 1...60))
      let format: PixelFormat = trial % 2 == 0 ? .rgb : .gray
      let picture = Pictures.ramps(size, format, seed: UInt64(trial))
      let jpeg = Examples.oriented(
        try JPEGEncoder(quality: 90).encode(picture), orientation: trial % 8 + 1)
      let side = random.integer(in: 1...max(1, size.shorter))
      let text = "random_crop(\(side))|crop(0, 0, \(side), \(max(1, side / 2)))|resize(20)|to_tensor"
      let policy: DecodePolicy = trial % 3 == 0 ? .pillow : .tessera
      let whole = try ImageDecoder().decode(jpeg, DecodeRequest(policy: policy))
      let info = PictureInfo(size: whole.size, format: whole.format)
      let draw = try Pipeline(text: text).draw(for: info, using: RandomStream(seed: UInt64(trial)))
      let plan = try Plan(draw, policy: policy)
      #expect(plan.decode.region != nil)
      let output = try jpeg.withUnsafeBytes { try plan.execute(decoding: $0) }
      #expect(try output == draw.apply(to: whole), "\(text) of \(size), orientation \(trial % 8 + 1)")
      done += 1
    }
    #expect(done == 160)
  }

  @Test("holds from files: random pipelines, every orientation, JPEG and PNG, memory and file")
  func holdsForRandomPipelinesFromFiles() throws {
    var random = RandomStream(seed: 77)
    var (done, resized, flipped) = (0, 0, 0)
    for trial in 0..<2700 {
      let starts = [
        "", "crop(0, 0, 1, 1)", "center_crop(9)", "resize(12)",
        "resize([9, 14], filter: lanczos)|center_crop(7)",
        "random_resized_crop(13)", "resize(20, filter: bicubic)|random_crop(11)|random_crop([5, 6])",
        "random_crop([8, 6])|resize(9, filter: box)|center_crop([4, 9])",
        "resize_to(31, 5, box: [0.5, 1, 7, 8])",
        "random_crop(7)|random_horizontal_flip|resize(6)",
        "horizontal_flip|random_crop([8, 5])|resize([7, 10], filter: lanczos)|center_crop([4, 7])",
        "random_horizontal_flip|resize_to(31, 5, box: [0.5, 1, 7, 8])|horizontal_flip|random_crop([4, 20])",
        "horizontal_flip|random_resized_crop(11, filter: bicubic)", "horizontal_flip|random_crop(5)",
        "center_crop([80, 9])", "pad([4, 0, 9, 2], fill: 7)|random_crop([9, 12])|random_crop(6)",
        "random_crop(12, padding: 5, pad_if_needed: true)|random_horizontal_flip",
        "resize(14, filter: box)|center_crop([20, 9])|horizontal_flip", "pad(2)|pad(3)|center_crop(13)",
      ]
      let steps = (0..<random.integer(in: 0...2)).map { _ in
        Self.imageSteps[random.integer(in: 0...Self.imageSteps.count - 1)]
      }
      let ending = Self.endings[random.integer(in: 0...Self.endings.count - 1)]
      let start = starts[random.integer(in: 0...starts.count - 1)]
      let text = ([start] + steps + [ending]).filter { !$0.isEmpty }.joined(separator: "|")
      if text.isEmpty { continue }
      let size = Size(width: random.integer(in: 1...70), height: random.integer(in: 1...70))
      let picture = Pictures.ramps(size, [.rgb, .gray, .rgba, .rgb][trial % 4], seed: UInt64(trial))
      let isJPEG = picture.format != .rgba && trial % 3 != 0
      let file =
        isJPEG
        ? Examples.oriented(
          try JPEGEncoder(
            quality: 90, subsampling: trial % 2 == 0 ? .yuv420 : .yuv422, progressive: trial % 5 == 0
          ).encode(picture), orientation: trial % 8 + 1) : try PNGEncoder().encode(picture)
      let policy = [
        DecodePolicy.tessera, .pillow, DecodePolicy(alpha: .keep, output: .asStored),
        DecodePolicy(alpha: .composite(.white)),
      ][random.integer(in: 0...3)]
      let whole = try ImageDecoder().decode(file, DecodeRequest(policy: policy))
      let info = PictureInfo(size: whole.size, format: whole.format)
      // Not every random chain can take every picture: `done` below counts those that can.
      guard let draw = try? Pipeline(text: text).draw(for: info, using: RandomStream(seed: UInt64(trial)))
      else { continue }
      let plan = try Plan(draw, policy: policy, header: try ImageHeader(bytes: file, policy: policy))
      let expected: PipelineOutput
      do { expected = try draw.apply(to: whole) } catch {
        #expect(throws: TesseraError.self, "\(text) of \(size) \(picture.format)") {
          try file.withUnsafeBytes { try plan.execute(decoding: $0) }
        }
        continue
      }
      let output = try file.withUnsafeBytes { try plan.execute(decoding: $0) }
      #expect(
        output == expected, "\(text) of \(size) \(picture.format), orientation \(trial % 8 + 1): \(plan)")
      #expect(try plan.execute(on: whole) == expected, "\(text) in memory: \(plan)")
      done += 1
      resized += "\(plan)".contains("resize[") ? 1 : 0
      flipped += "\(plan)".contains("to be flipped → resize[") ? 1 : 0
    }
    #expect(done > 1300 && resized > 450, "\(done) done, \(resized) of them fed by the decoder")
    #expect(flipped > 100, "\(flipped) fed by the decoder and flipped later")
  }
}
