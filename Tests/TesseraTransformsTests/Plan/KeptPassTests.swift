import TestSupport
import TesseraCodecs
import TesseraCore
import TesseraTransforms
import Testing

/// The last pass of a pipeline is made once and kept: every picture must get its own all the same.
@Suite("Passes that are kept") struct KeptPassTests {
  @Test(
    "give every picture what the steps give, whatever came before: formats by turns, points by chance",
    arguments: [
      "to_tensor", "to_tensor|normalize(imagenet)",
      "center_crop(9)|random_horizontal_flip|to_tensor|normalize(mean: [0.4], std: [0.3])",
      "random_posterize(3)|to_tensor|normalize(half)", "random_solarize(100)|random_invert|pil_to_tensor",
      "random_grayscale|to_tensor|normalize(mean: [0.3], std: [0.2])",
      "rescale|normalize(mean: [0.5], std: [0.5])|to_dtype(bfloat16)",
      "to_tensor|random_erasing(probability: 0.5)|normalize(half)",
    ])
  func everyPicture(text: String) throws {
    let pipeline = try Pipeline(text: text)
    for number in 0..<60 {
      let format: PixelFormat = [.rgb, .gray, .gray, .rgb, .rgb, .gray16][number % 6]
      let image = Pictures.noise(Size(width: 11 + number % 3, height: 10), format, seed: UInt64(number))
      let info = PictureInfo(size: image.size, format: format)
      let draw: Draw
      do { draw = try pipeline.draw(for: info, using: RandomStream(seed: UInt64(number))) } catch let error
        as TesseraError
      {
        // Three channels' numbers do not fit a gray picture.
        #expect(format != .rgb, "\(error)")
        continue
      }
      // Twice: the second time it is certainly a kept one.
      for _ in 0..<2 {
        #expect(try Plan(draw).execute(on: image) == draw.apply(to: image), "\(text), picture \(number)")
      }
    }
  }

  @Test("are not for a draw that was added to, nor for its pipeline's other end") func longerDraw() throws {
    let pipeline = try Pipeline(text: "to_tensor|normalize(half)")
    let image = Pictures.noise(Size(width: 12, height: 9), .rgb, seed: 5)
    let info = PictureInfo(size: image.size, format: .rgb)
    let short = try pipeline.draw(for: info, using: RandomStream(seed: 0))
    _ = try Plan(short)
    var long = short
    try long.append(Normalize(mean: [0.1], standardDeviation: [0.7]))
    #expect(try Plan(long).execute(on: image) == long.apply(to: image))
    #expect(try Plan(long).execute(on: image) != Plan(short).execute(on: image))
    #expect(try Plan(short).execute(on: image) == short.apply(to: image))
  }

  /// Somebody else's operation, which looks at the picture when it is drawn.
  private struct DividedByWidth: PointwiseTensorOperation {
    var divisor: Float = 0

    static let schema = TransformSchema(
      "divided_by_width", .tensor, "Divides by the picture's width.", prototype: DividedByWidth())

    func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
      [DividedByWidth(divisor: Float(picture.size.width))]
    }

    func apply(to tensor: AnyTensor) throws -> AnyTensor {
      guard let values = tensor.float else { return tensor }
      return .float32(
        Tensor(shape: values.shape) { target in
          values.withUnsafeBufferPointer { source in
            for i in source.indices { target[i] = source[i] / divisor }
          }
        })
    }
  }

  @Test("are not for operations that look at the picture when they are drawn") func drawnByThePicture() throws
  {
    let pipeline = try Pipeline(steps: [ToTensor(), DividedByWidth()])
    for width in [8, 20, 8] {
      let image = Image(size: Size(width: width, height: 3), format: .gray, repeating: 255)
      let draw = try pipeline.draw(
        for: PictureInfo(size: image.size, format: .gray), using: RandomStream(seed: 0))
      guard case .tensor(let tensor) = try Plan(draw).execute(on: image).value else {
        Issue.record("no tensor")
        return
      }
      #expect(tensor.float?.withUnsafeBufferPointer { $0[0] } == 1 / Float(width))
    }
  }
}
