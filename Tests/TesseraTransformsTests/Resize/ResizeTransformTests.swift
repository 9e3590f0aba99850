import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

@Suite("Resizing transforms")
struct ResizeTransformTests {
  private func draw(_ text: String, _ size: Size, _ format: PixelFormat = .rgb, seed: UInt64 = 0) throws
    -> Draw
  {
    try Pipeline(text: text).draw(
      for: PictureInfo(size: size, format: format), using: RandomStream(seed: seed))
  }

  @Test("resampling(…) sets the generation of all later steps that have none of their own")
  func generations() throws {
    let size = Size(width: 40, height: 60)
    #expect(
      try draw("resampling(pillow@11)|resize(20)", size).pipeline.text.contains("generation: pillow@11"))
    #expect(try !draw("resampling(pillow)|resize(20)", size).pipeline.text.contains("generation"))
    let own = try draw("resampling(pillow@11)|resize(20, generation: pillow@12.3)", size).pipeline.text
    #expect(own.contains("generation: pillow@12.3"))
    #expect(throws: TesseraError.self) { try draw("resampling(pillow@11)|resize(20, filter: mks2021)", size) }
  }

  @Test("a picture of the right size already is left alone")
  func identity() throws {
    let size = Size(width: 30, height: 20)
    for text in [
      "resize(20)", "resize([20, 30])", "random_resized_crop([20, 30], area: 1...1, aspect_ratio: 1.5...1.5)",
    ] {
      #expect(try draw(text, size).operations.isEmpty, "\(text)")
    }
  }

  @Test("a draw prints, reads back and gives the same picture")
  func replay() throws {
    let image = Pictures.ramps(Size(width: 61, height: 47), .rgb, seed: 1)
    for text in [
      "random_resized_crop(24)", "random_resized_crop([9, 40], area: 0.01...0.2, filter: lanczos)",
      "scale_jitter(30)", "random_shortest_size([10, 20, 30], max_size: 35)",
      "random_resize(10, 40, filter: bicubic)",
      "letterbox(32)", "pad_to_square", "smart_resize(factor: 8, min_pixels: 256, max_pixels: 1024)",
      "resize(20, reducing_gap: 2)", "any_res_tiles(16, grid: [[16, 32], [32, 32]])",
    ] {
      let draw = try draw(text, image.size, seed: 5)
      let replayed = try self.draw(
        draw.pipeline.text.isEmpty ? "resize(47)" : draw.pipeline.text, image.size, seed: 6)
      #expect(try draw.apply(to: image) == replayed.apply(to: image), "\(text): \(draw.pipeline.text)")
    }
  }

  @Test("masks move by NEAREST with the picture: no new class numbers appear")
  func masks() throws {
    let mask = Pictures.noise(Size(width: 61, height: 47), .gray, seed: 2)
    let classes = Image(size: mask.size, format: .gray, bytes: mask.bytes.map { $0 % 3 * 100 })
    let draw = try draw("random_resized_crop(24, filter: lanczos)", mask.size, .gray, seed: 1)
    let output = try draw.apply(to: mask, annotations: Annotations(masks: [classes]))
    let moved = try #require(output.annotations.masks.first)
    #expect(moved.size == Size(24) && Set(moved.bytes).isSubset(of: [0, 100, 200]))
  }

  @Test("RandomResizedCrop stays inside, keeps its ranges and reaches both ends of them")
  func ranges() throws {
    let crop = RandomResizedCrop(8, area: 0.2...0.5, aspectRatio: 0.5...2)
    let source = Size(width: 400, height: 300)
    var shares: [Double] = []
    for sample in 0..<2000 {
      var random = RandomStream(seed: 7, sample: UInt64(sample))
      let rect = crop.rect(in: source, using: &random)
      #expect(Rect(x: 0, y: 0, width: 400, height: 300).contains(rect))
      let share = Double(rect.size.area) / Double(source.area)
      #expect(share > 0.19 && share < 0.51)
      shares.append(share)
    }
    #expect(shares.min()! < 0.21 && shares.max()! > 0.49)
  }

  @Test(
    "wrong arguments are refused with what is allowed",
    arguments: [
      "resize(0)", "resize(20, max_size: 20)", "resize([20, 30], max_size: 40)", "resize(none)",
      "resize(20, reducing_gap: 0.5)", "resize(20, filter: mks2013, generation: pillow@11)",
      "random_resized_crop(0)", "random_resized_crop(8, area: 0...1)", "random_resize(8, 8)",
      "any_res_tiles(16, grid: [[16, 20]])", "smart_resize(min_pixels: 100, max_pixels: 99)",
      "resize_to(0, 1)",
    ])
  func refused(text: String) {
    #expect(throws: TesseraError.self) { try Pipeline(text: text) }
  }

  @Test("a box outside of the picture, a picture too thin and 16-bit reduction are invalid input")
  func invalid() throws {
    #expect(throws: TesseraError.self) { try draw("resize_to(4, 4, box: [0, 0, 9, 9])", Size(8)) }
    #expect(throws: TesseraError.self) { try draw("resize_to(4, 4, box: [5, 0, 5, 8])", Size(8)) }
    #expect(throws: TesseraError.self) { try draw("resize(none, max_size: 10)", Size(width: 1, height: 300)) }
    #expect(throws: TesseraError.self) { try draw("resize(4, reducing_gap: 2)", Size(64), .gray16) }
    #expect(throws: TesseraError.self) { try draw("smart_resize", Size(width: 1, height: 201)) }
  }
}
