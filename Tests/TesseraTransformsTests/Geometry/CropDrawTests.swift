import TestSupport
import Tessera
import Testing

@Suite struct CropDrawTests {
  /// What a transform draws for a picture of `size`, as operations.
  private func operations(_ transform: any Transform, _ size: Size, _ random: inout RandomStream) throws
    -> [any Operation]
  {
    try transform.draw(for: PictureInfo(size: size, format: .rgb), using: &random)
  }

  @Test("random crops lie inside, and every place is reached about as often as every other")
  func everyOffset() throws {
    var random = RandomStream(seed: 3)
    var counts: [Rect: Int] = [:]
    let trials = 4000
    for _ in 0..<trials {
      let drawn = try operations(RandomCrop(Size(width: 6, height: 5)), Size(width: 10, height: 8), &random)
      let crop = try #require(drawn.first as? Crop)
      #expect(drawn.count == 1)
      counts[crop.rect, default: 0] += 1
    }
    // 5 columns · 4 rows: 200 each on average, standard deviation 14.
    #expect(counts.count == 20)
    #expect(Set(counts.keys.map(\.x)) == Set(0...4))
    #expect(Set(counts.keys.map(\.y)) == Set(0...3))
    #expect(counts.values.allSatisfy { (130...270).contains($0) }, "\(counts.values)")
  }

  @Test("random crop pads as torchvision: by what is missing, on both sides")
  func padIfNeeded() throws {
    var random = RandomStream(seed: 4)
    var offsets: Set<Int> = []
    for _ in 0..<200 {
      let drawn = try operations(
        RandomCrop(Size(width: 12, height: 5), padding: EdgeInsets(1), padIfNeeded: true),
        Size(width: 7, height: 3), &random)
      #expect((drawn.first as? Pad)?.padding == EdgeInsets(left: 4, top: 1, right: 4, bottom: 1))
      let crop = try #require(drawn.last as? Crop)
      #expect(crop.rect.y == 0)
      offsets.insert(crop.rect.x)
    }
    #expect(offsets == Set(0...3))
    #expect(throws: TesseraError.self) {
      _ = try operations(RandomCrop(8), Size(width: 7, height: 9), &random)
    }
    #expect(try operations(RandomCrop(8), Size(8), &random).isEmpty)
  }

  @Test("centre crops round half to even, or down for Hugging Face: 227 → 224 starts at 2 or 1")
  func rounding() throws {
    var random = RandomStream(seed: 0)
    let torch = try operations(CenterCrop(224), Size(width: 227, height: 225), &random)
    #expect((torch.first as? Crop)?.rect == Rect(x: 2, y: 0, width: 224, height: 224))
    let face = try operations(CenterCrop(224, rounding: .floor), Size(width: 227, height: 225), &random)
    #expect((face.first as? Crop)?.rect == Rect(x: 1, y: 0, width: 224, height: 224))
    // Python's round((H − h) / 2) for the first hundred.
    for rest in 1..<100 {
      let expected = Int((Double(rest) / 2).rounded(.toNearestOrEven))
      let drawn = try operations(CenterCrop(10), Size(width: 10 + rest, height: 10), &random)
      #expect((drawn.first as? Crop)?.rect.x == expected)
    }
    #expect(try operations(CenterCrop(9), Size(9), &random).isEmpty)
  }

  @Test("flips are involutive and come as often as asked", arguments: [0, 0.25, 1.0])
  func flips(probability: Double) throws {
    let image = Pictures.noise(Size(width: 9, height: 5), .grayAlpha, seed: 2)
    for flip in [HorizontalFlip() as any GeometricOperation, VerticalFlip()] {
      #expect(try flip.apply(to: flip.apply(to: image)) == image)
      #expect(try flip.apply(to: image) != image)
    }
    var random = RandomStream(seed: 8)
    for transform in [
      RandomHorizontalFlip(probability: probability) as any Transform,
      RandomVerticalFlip(probability: probability),
    ] {
      var count = 0
      for _ in 0..<2000 { count += try operations(transform, Size(4), &random).count }
      // Standard deviation 19 at 0.25.
      #expect(abs(Double(count) - 2000 * probability) <= (probability == 0.25 ? 80 : 0))
    }
  }

  @Test("zooming out keeps the picture whole, on a canvas of 1 to 4 times its sides")
  func zoomOut() throws {
    var random = RandomStream(seed: 9)
    let size = Size(width: 30, height: 20)
    var (smallest, largest) = (Int.max, 0)
    for _ in 0..<500 {
      guard let pad = try operations(RandomZoomOut(probability: 1), size, &random).first as? Pad else {
        continue
      }
      let padding = pad.padding
      #expect(min(padding.left, padding.top, padding.right, padding.bottom) >= 0)
      let width = 30 + padding.left + padding.right
      let height = 20 + padding.top + padding.bottom
      #expect(width <= 120 && height <= 80)
      #expect(abs(width * 2 - height * 3) <= 5)
      (smallest, largest) = (min(smallest, width), max(largest, width))
    }
    #expect(smallest < 35 && largest > 110)
  }

  @Test("a draw prints, reads back and gives the same picture")
  func replays() throws {
    let image = Pictures.noise(Size(width: 31, height: 17), .rgb, seed: 6)
    let pipeline = try Pipeline(
      text:
        "random_zoom_out(probability: 1)|random_crop([20, 24], padding: 3, pad_if_needed: true, fill: [1, 2, 3])|"
        + "random_horizontal_flip(probability: 1)|random_vertical_flip|center_crop(15)")
    for sample in 0..<20 {
      let draw = try pipeline.draw(
        for: PictureInfo(size: image.size, format: .rgb), using: RandomStream(seed: 1, sample: UInt64(sample))
      )
      let replayed = try Pipeline(text: draw.pipeline.text)
        .draw(for: draw.input, using: RandomStream(seed: 99))
      #expect(replayed.pipeline.text == draw.pipeline.text)
      #expect(try replayed.apply(to: image) == draw.apply(to: image))
      #expect(draw.output.size == Size(15))
    }
  }
}
