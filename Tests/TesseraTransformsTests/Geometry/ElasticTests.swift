import TestSupport
import Tessera
import TesseraTransforms
import Testing

@Suite struct ElasticTests {
  /// A golden displacement field: float32 [H, W, 2] in pixels.
  private func field(_ golden: Golden, _ name: String) throws -> DisplacementField {
    let tensor = try golden.floats("elastic.\(name)")
    let values = tensor.withUnsafeBufferPointer { Array($0) }
    return DisplacementField(
      size: Size(width: tensor.shape[1], height: tensor.shape[0]),
      dx: stride(from: 0, to: values.count, by: 2).map { values[$0] },
      dy: stride(from: 1, to: values.count, by: 2).map { values[$0] })
  }

  @Test(
    "given displacements move pixels as torchvision's, at most one level apart",
    arguments: ["smooth", "wild"])
  func pixels(name: String) throws {
    let golden = try Golden("geometry")
    let field = try field(golden, name)
    for mode in ["L", "LA", "RGB", "RGBA"] {
      for filter in [ResampleFilter.nearest, .bilinear] {
        for fill in [0, 99] {
          let image = try golden.image("in.\(mode)")
          let ours = field.apply(
            to: image, filter: filter, fill: Array(repeating: UInt8(fill), count: image.channels))
          let expected = try golden.image("elastic.\(name).\(mode).\(filter.rawValue).\(fill)")
          let distance = Pictures.distance(ours, expected)
          // Float rounding at halves: one level for bilinear; nearest picks the other pixel at exact halves only.
          let holds =
            filter == .nearest ? distance.share <= 0.002 : distance.largest <= 1 && distance.share <= 0.01
          #expect(holds, "\(mode) \(filter) \(fill): \(distance)")
        }
      }
    }
    let mask = field.apply(to: try golden.image("mask.37x23"), filter: .nearest, fill: [0])
    #expect(Pictures.distance(mask, try golden.image("elastic.\(name).mask")).share <= 0.002)
  }

  @Test("given displacements move boxes and keypoints as torchvision's", arguments: ["smooth", "wild"])
  func places(name: String) throws {
    let golden = try Golden("geometry")
    let field = try field(golden, name)
    let (boxes, moved) = (try golden.doubles("boxes"), try golden.doubles("elastic.\(name).boxes"))
    for i in stride(from: 0, to: boxes.count, by: 4) {
      let box = DisplacementField.move(
        BoundingBox(left: boxes[i], top: boxes[i + 1], right: boxes[i + 2], bottom: boxes[i + 3]),
        in: field.size,
        by: field.at)
      let clipped = [
        min(max(box.left, 0), 37), min(max(box.top, 0), 23), min(max(box.right, 0), 37),
        min(max(box.bottom, 0), 23),
      ]
      for k in 0..<4 { #expect(abs(clipped[k] - moved[i + k]) < 1e-4, "box \(i / 4)") }
    }
    let (points, places) = (try golden.doubles("points"), try golden.doubles("elastic.\(name).points"))
    for i in stride(from: 0, to: points.count, by: 2) {
      // torchvision's keypoints are pixel numbers: the centre of pixel k is our k + ½.
      let point = DisplacementField.move(
        Point(x: points[i] + 0.5, y: points[i + 1] + 0.5), in: field.size, by: field.at)
      #expect(
        abs(point.x - 0.5 - places[i]) < 1e-4 && abs(point.y - 0.5 - places[i + 1]) < 1e-4, "point \(i / 2)")
    }
  }

  @Test("the field is uniform noise through a mirrored Gaussian, as numpy's in float64")
  func smoothing() async throws {
    let size = Size(width: 33, height: 21)
    let key = RandomStream(seed: 12).key
    for sigma in [(x: 3.0, y: 3.0), (x: 1.5, y: 4), (x: 6, y: 0.4)] {
      let noise = DisplacementField(size: size, key: key, alpha: (2, 2), sigma: (0, 0))
      let ours = DisplacementField(size: size, key: key, alpha: (50, 30), sigma: sigma)
      for (component, values, alpha, length) in [
        (noise.dx, ours.dx, 50.0, sigma.x), (noise.dy, ours.dy, 30, sigma.y),
      ] {
        let reply = try await Oracle.pillow13.run(
          """
          n = int(8 * length + 1) | 1
          k = np.arange(n) - n // 2
          def gauss(s):
              g = np.exp(-k ** 2 / (2 * s * s)); return g / g.sum()
          x = np.pad(noise.astype(np.float64), n // 2, 'reflect')
          x = np.apply_along_axis(lambda r: np.convolve(r, gauss(sx), 'valid'), 1, x)
          x = np.apply_along_axis(lambda r: np.convolve(r, gauss(sy), 'valid'), 0, x)
          out = x * alpha / 2
          """,
          [
            "noise": .floats(Tensor(shape: [21, 33], component)), "length": .double(length),
            "sx": .double(sigma.x), "sy": .double(sigma.y), "alpha": .double(alpha),
          ])
        let expected = try reply.doubles
        let apart = zip(values, expected).map { abs(Double($0) - $1) }.max()
        #expect(try #require(apart) < 2e-5, "\(sigma)")
      }
    }
  }

  @Test("the noise fills [−1, 1) evenly, and its two components differ")
  func noise() {
    let field = DisplacementField(
      size: Size(200), key: RandomStream(seed: 4).key, alpha: (2, 2), sigma: (0, 0))
    let values = field.dx + field.dy
    #expect(values.allSatisfy { $0 >= -1 && $0 < 1 })
    let mean = values.reduce(0, +) / Float(values.count)
    let square = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
    // 80,000 values: standard deviation of the mean 0.002, of the square's 0.001.
    #expect(abs(mean) < 0.01 && abs(square - 1 / 3) < 0.006)
    #expect(zip(field.dx, field.dy).filter { $0 == $1 }.count < 10)
  }

  @Test("one pixel's displacement has the same bits alone and in the field")
  func local() {
    let key = RandomStream(seed: 6).key
    for size in [Size(width: 19, height: 11), Size(width: 1, height: 7), Size(width: 3, height: 2)] {
      let field = DisplacementField(size: size, key: key, alpha: (50, 20), sigma: (2, 5))
      for y in 0..<size.height {
        for x in 0..<size.width {
          let alone = DisplacementField.at(x: x, y: y, size: size, key: key, alpha: (50, 20), sigma: (2, 5))
          #expect(alone == field.at(x: x, y: y))
        }
      }
    }
  }

  @Test("an elastic draw prints and replays, and masks move with the picture")
  func replays() throws {
    let image = Pictures.ramps(Size(width: 40, height: 30), .gray, seed: 1)
    let info = PictureInfo(size: image.size, format: .gray)
    let pipeline = try Pipeline(text: "elastic_transform(alpha: [200, 300], sigma: 3, filter: nearest)")
    let draw = try pipeline.draw(for: info, using: RandomStream(seed: 5, sample: 3))
    let first = try draw.apply(to: image, annotations: Annotations(masks: [image]))
    let replayed = try Pipeline(text: draw.pipeline.text).draw(for: info, using: RandomStream(seed: 77))
    #expect(try replayed.apply(to: image, annotations: Annotations(masks: [image])) == first)
    #expect(first.value == .image(first.annotations.masks[0]))
    #expect(first.value != .image(image))
    let other = try pipeline.draw(for: info, using: RandomStream(seed: 5, sample: 4))
    #expect(try other.apply(to: image).value != first.value)
  }
}
