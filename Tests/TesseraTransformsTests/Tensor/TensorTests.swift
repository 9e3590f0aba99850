import TestSupport
import Tessera
import Testing

/// Tensor steps beyond what the golden copies show.
@Suite struct TensorTests {
  static let image = Pictures.noise(Size(width: 13, height: 7), .rgb, seed: 8)

  static func run(_ text: String, _ image: Image = image) throws -> AnyTensor {
    guard case .tensor(let tensor) = try ColourGoldenTests.run(text, image).value else {
      throw TesseraError(.invalidInput(operation: text, expected: "a tensor", got: "a picture"))
    }
    return tensor
  }

  @Test("planes through tables are what table look-ups one by one give, mirrored and not, for every width")
  func planes() throws {
    for format in [PixelFormat.gray, .grayAlpha, .rgb, .rgba] {
      let c = format.channels
      let tables = (0..<c).map { k in (0..<256).map { Float($0 * (k + 2)) / 7 } }
      for width in 1...67 {
        let image = Pictures.noise(Size(width: width, height: 3), format, seed: UInt64(width))
        for flip in [false, true] {
          let stride = width * 3 + 5
          var planes = [Float](repeating: -1, count: c * stride)
          planes.withUnsafeMutableBufferPointer {
            image.planes(through: tables, flipX: flip, into: $0.baseAddress!, planeStride: stride)
          }
          var bytes = [UInt8](repeating: 0, count: c * width * 3)
          bytes.withUnsafeMutableBufferPointer { image.planes(flipX: flip, into: $0.baseAddress!) }
          for k in 0..<c {
            for y in 0..<3 {
              for x in 0..<width {
                let value = image[flip ? width - 1 - x : x, y, k]
                #expect(planes[k * stride + y * width + x] == tables[k][value])
                #expect(Int(bytes[(k * 3 + y) * width + x]) == value)
              }
            }
          }
          #expect((0..<c).allSatisfy { planes[$0 * stride + width * 3] == -1 }, "wrote between planes")
        }
      }
    }
  }

  @Test("the last pass's loops give the scalar ones' bytes, for every width, type of element and layout")
  func loops() {
    var random = RandomStream(seed: 4)
    for format in [PixelFormat.gray, .grayAlpha, .rgb, .rgba] {
      for width in 1...140 {
        let image = Pictures.noise(Size(width: width + 3, height: 4), format, seed: UInt64(width))
        let part = Rect(x: width % 4, y: 1, width: width, height: 3)
        for bytes in [1, 2, 4] {
          let table = (0..<256 * format.channels * bytes).map { _ in
            UInt8(truncatingIfNeeded: random.next32())
          }
          for isInterleaved in [false, true] {
            for mirrored in [false, true] {
              let results = [true, false].map { isScalar in
                var target = [UInt8](repeating: 0xA5, count: width * 3 * format.channels * bytes + 64)
                image.spread(
                  part, mirrored: mirrored, through: table, elementBytes: bytes, isInterleaved: isInterleaved,
                  into: &target, isScalar: isScalar)
                return target
              }
              #expect(results[0] == results[1], "\(format), width \(width), \(bytes) bytes")
            }
          }
        }
      }
    }
  }

  @Test("16-bit gray becomes v / 65535")
  func gray16() throws {
    let image = Pictures.noise(Size(width: 9, height: 5), .gray16, seed: 3)
    let tensor = try #require(try Self.run("to_tensor", image).float)
    for y in 0..<5 { for x in 0..<9 { #expect(tensor[0, y, x] == Float(image[x, y]) / 65535) } }
    #expect(throws: TesseraError.self) { try Self.run("pil_to_tensor", image) }
  }

  @Test("denormalize undoes normalize, view by view too")
  func inverse() throws {
    let plain = try #require(try Self.run("to_tensor").float)
    for name in ["imagenet", "clip", "siglip", "half"] {
      let back = try #require(try Self.run("to_tensor|normalize(\(name))|denormalize(\(name))").float)
      #expect(zip(plain.elements, back.elements).allSatisfy { abs($0 - $1) < 3e-7 }, "\(name)")
    }
    let views = try Self.run("five_crop(4)|to_tensor|normalize(clip)")
    let single = try Self.run("crop(0, 0, 4, 4)|to_tensor|normalize(clip)")
    #expect(views.shape == [5, 3, 4, 4])
    #expect(Array(try #require(views.float).elements.prefix(48)) == single.float?.elements)
  }

  @Test("normalize reads names and numbers, and prints them back")
  func printing() throws {
    for text in [
      "normalize(imagenet)", "normalize(clip)", "normalize(mean: [0.1, 0.2, 0.3], std: [1, 2, 3])",
      "denormalize(imagenet)", "to_dtype(float16, scale: true)",
    ] {
      let pipeline = try Pipeline(text: "to_tensor|" + text)
      let again = try Pipeline(text: pipeline.text)
      #expect(again.text == pipeline.text && pipeline.text.hasPrefix("to_tensor|"), "\(pipeline.text)")
    }
    #expect(try Pipeline(text: "to_tensor|normalize(clip)").text.contains("clip"))
    let named = try Pipeline(
      text: "to_tensor|normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])")
    #expect(named.text.contains("imagenet"))
    #expect(named.swiftSource.contains("Normalize(.imageNet)"), "\(named.swiftSource)")
  }

  @Test("wrong statistics and types are errors that say what is wanted")
  func refusals() {
    for (text, words) in [
      ("to_tensor|normalize(mean: [0.5], std: [0])", "0"), ("to_tensor|normalize", "imagenet"),
      ("to_tensor|normalize(mean: [0.5, 0.5], std: [1, 1])", "2 channels"),
      ("pil_to_tensor|normalize(imagenet)", "float tensor"),
      ("to_tensor|to_dtype(int64, scale: true)", "int64"), ("to_tensor|erase(10, 0, 9, 9)", "contains"),
      ("to_tensor|erase(0, 0, 2, 2, value: [1, 2])", "3 values"),
      ("pil_to_tensor|erase(0, 0, 2, 2, value: random, key: k\(String(repeating: "0", count: 40)))", "float"),
      ("to_tensor|erase(0, 0, 2, 2, value: random)", "key"),
    ] {
      #expect { try Self.run(text) } throws: { "\($0)".contains(words) }
    }
  }

  @Test("random_erasing draws areas, ratios and places as asked")
  func erasing() throws {
    var info = PictureInfo(size: Size(width: 200, height: 100), format: .rgb)
    info.tensor = TensorInfo(shape: [3, 100, 200], dataType: .float32)
    let transform = RandomErasing(probability: 0.8, area: 0.1...0.2, aspectRatio: 0.5...2, value: .random)
    var (count, shares, logs, lefts) = (0, [Double](), [Double](), [Int]())
    for sample in 0..<4000 {
      var random = RandomStream(seed: 3, sample: UInt64(sample))
      let operations = try transform.draw(for: info, using: &random)
      guard let erase = operations.first as? Erase else { continue }
      count += 1
      let rect = erase.rect
      #expect(
        rect.width < 200 && rect.height < 100 && rect.right <= 200 && rect.bottom <= 100 && erase.key != nil)
      shares.append(Double(rect.size.area) / 20_000)
      logs.append(FixedMath.log(Double(rect.height) / Double(rect.width)))
      lefts.append(rect.x)
    }
    #expect(abs(count - 3200) < 130)
    #expect(
      shares.allSatisfy { (0.097...0.204).contains($0) } && shares.min()! < 0.102 && shares.max()! > 0.198)
    let (meanShare, meanLog) = (shares.reduce(0, +) / Double(count), logs.reduce(0, +) / Double(count))
    #expect(abs(meanShare - 0.15) < 0.003)
    #expect(abs(meanLog) < 0.04 && logs.max()! > 0.66 && logs.min()! < -0.66)
    #expect(lefts.min() == 0 && lefts.max()! > 140)
  }
}
