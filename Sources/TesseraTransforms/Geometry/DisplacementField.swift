private import CKernels
package import TesseraCore

/// How far each pixel of an elastic picture is read from its own place: smoothed noise.
///
/// The noise is uniform in [−1, 1), a function of the key and the pixel's number alone, so a single place can be
/// had without the whole field. It is smoothed by a Gaussian in float32, along rows, then along columns, mirrored at
/// the edges as torchvision's `gaussian_blur`; its kernel is as long as torchvision's, ⌊8σ + 1⌋ made odd.
package struct DisplacementField {
  package let size: Size
  /// Pixels to the right and down, row by row.
  package let dx, dy: [Float]

  package init(size: Size, dx: [Float], dy: [Float]) {
    precondition(dx.count == size.area && dy.count == size.area, "displacements for \(size)")
    self.size = size
    self.dx = dx
    self.dy = dy
  }

  /// The field that `key` gives.
  ///
  /// - Parameters:
  ///   - alpha: twice the pixels that noise of 1 moves, along x and y (torchvision's unit: its grid is 2 wide).
  ///   - sigma: the Gaussian's standard deviations along x and y, in pixels; 0 for no smoothing.
  package init(
    size: Size, key: RandomStream.Key, alpha: (x: Double, y: Double), sigma: (x: Double, y: Double)
  ) {
    self.init(
      size: size, dx: Axis(key, 0, size, sigma, length: sigma.x, alpha.x).field(),
      dy: Axis(key, 1, size, sigma, length: sigma.y, alpha.y).field())
  }

  /// The displacement of one pixel, the same bits as in the whole field.
  package static func at(
    x: Int, y: Int, size: Size, key: RandomStream.Key, alpha: (x: Double, y: Double),
    sigma: (x: Double, y: Double)
  ) -> Point {
    Point(
      x: Double(Axis(key, 0, size, sigma, length: sigma.x, alpha.x).value(x, y)),
      y: Double(Axis(key, 1, size, sigma, length: sigma.y, alpha.y).value(x, y)))
  }

  /// Reads each pixel of `image` where the field says. `fill` is one pixel.
  package func apply(to image: Image, filter: ResampleFilter, fill: [UInt8]) -> Image {
    Image(size: image.size, format: image.format) { bytes in
      image.withUnsafeBytes { raw in
        var source = tk_source(
          bytes: raw.baseAddress!.assumingMemoryBound(to: UInt8.self), row: image.bytesPerRow,
          width: image.width, height: image.height, pixel: image.format.bytesPerPixel)
        tk_displace(
          bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), image.bytesPerRow, &source, dx, dy,
          filter.transformKernel, fill)
      }
    }
  }

  /// The displacement of one pixel.
  package func at(x: Int, y: Int) -> Point {
    Point(x: Double(dx[y * size.width + x]), y: Double(dy[y * size.width + x]))
  }

  /// Where a point lies afterwards, about: it moves against the displacement of the pixel that it lies in.
  package static func move(_ point: Point, in size: Size, by displacement: (Int, Int) -> Point) -> Point {
    let shift = displacement(
      pixel(point.x.rounded(.down), size.width), pixel(point.y.rounded(.down), size.height))
    return Point(x: point.x - shift.x, y: point.y - shift.y)
  }

  /// Where a box lies afterwards, about: each corner, rounded up to a pixel of the picture, moves against that
  /// pixel's displacement. torchvision's approximation; the box of the whole picture loses its last pixel by it.
  package static func move(
    _ box: BoundingBox, in size: Size, by displacement: (Int, Int) -> Point
  ) -> BoundingBox {
    let corners = [
      (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom),
    ].map { corner in
      let (x, y) = (pixel(corner.0.rounded(.up), size.width), pixel(corner.1.rounded(.up), size.height))
      let shift = displacement(x, y)
      return Point(x: Double(x) - shift.x, y: Double(y) - shift.y)
    }
    return BoundingBox(
      left: corners.map(\.x).min()!, top: corners.map(\.y).min()!, right: corners.map(\.x).max()!,
      bottom: corners.map(\.y).max()!, label: box.label)
  }

  /// The pixel of a line of `count` nearest to `place`.
  private static func pixel(_ place: Double, _ count: Int) -> Int {
    place.isNaN ? 0 : Int(min(max(place, 0), Double(count - 1)))
  }

  /// One of the two components.
  private struct Axis {
    let key: RandomStream.Key
    let size: Size
    let rowWeights, columnWeights: [Float]
    let gain: Float

    init(
      _ key: RandomStream.Key, _ number: UInt32, _ size: Size, _ sigma: (x: Double, y: Double),
      length: Double,
      _ alpha: Double
    ) {
      self.key = RandomStream.Key(key: key.key, high: key.high, operation: key.operation &+ number)
      self.size = size
      let taps = Int(8 * length + 1) | 1
      rowWeights = Self.gaussian(sigma.x, taps)
      columnWeights = Self.gaussian(sigma.y, taps)
      gain = Float(alpha / 2)
    }

    /// exp(−k² / 2σ²), made to sum to 1; a single 1 for σ = 0.
    static func gaussian(_ sigma: Double, _ taps: Int) -> [Float] {
      if sigma == 0 { return [1] }
      let values = (0..<taps).map { i in
        let k = Double(i - taps / 2) / sigma
        return FixedMath.exp(-0.5 * k * k)
      }
      let sum = values.reduce(0, +)
      return values.map { Float($0 / sum) }
    }

    /// The position that `i` shows when a line of `n` is mirrored without repeating its ends.
    static func folded(_ i: Int, _ n: Int) -> Int {
      if i >= 0 && i < n { return i }
      if n == 1 { return 0 }
      let k = ((i % (2 * n - 2)) + (2 * n - 2)) % (2 * n - 2)
      return k < n ? k : 2 * n - 2 - k
    }

    /// Noise number `index`, in [−1, 1): 24 bits of the word.
    func noise(_ index: Int) -> Float {
      let block = Philox.block(
        SIMD4(UInt32(truncatingIfNeeded: index >> 2), key.operation, key.high.x, key.high.y), key: key.key)
      return Self.uniform(block[index & 3])
    }

    static func uniform(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-23 - 1 }

    /// One pixel: the same sums in the same order as `field`.
    func value(_ x: Int, _ y: Int) -> Float {
      var total: Float = 0
      for (i, weight) in columnWeights.enumerated() {
        let row = Self.folded(y + i - columnWeights.count / 2, size.height) * size.width
        var sum: Float = 0
        for (k, tap) in rowWeights.enumerated() {
          sum += tap * noise(row + Self.folded(x + k - rowWeights.count / 2, size.width))
        }
        total += weight * sum
      }
      return total * gain
    }

    /// All pixels, row by row.
    func field() -> [Float] {
      let (w, h) = (size.width, size.height)
      let smoothed = (0..<h).flatMap { y in smoothedRow(y) }
      var result = [Float](repeating: 0, count: w * h)
      smoothed.withUnsafeBufferPointer { rows in
        result.withUnsafeMutableBufferPointer { out in
          for y in 0..<h {
            for (i, weight) in columnWeights.enumerated() {
              let row = Self.folded(y + i - columnWeights.count / 2, h)
              tk_multiply_add(out.baseAddress! + y * w, rows.baseAddress! + row * w, weight, w)
            }
          }
          for i in 0..<(w * h) { out[i] *= gain }
        }
      }
      return result
    }

    /// Row `y` of the noise, smoothed along x.
    private func smoothedRow(_ y: Int) -> [Float] {
      let w = size.width
      let line = noiseRow(y)
      let reach = rowWeights.count / 2
      let padded = (-reach..<(w + reach)).map { line[Self.folded($0, w)] }
      var sums = [Float](repeating: 0, count: w)
      padded.withUnsafeBufferPointer { source in
        for (k, tap) in rowWeights.enumerated() {
          tk_multiply_add(&sums, source.baseAddress! + k, tap, w)
        }
      }
      return sums
    }

    private func noiseRow(_ y: Int) -> [Float] {
      var line: [Float] = []
      line.reserveCapacity(size.width)
      var index = y * size.width
      let end = index + size.width
      while index < end {
        let block = Philox.block(
          SIMD4(UInt32(truncatingIfNeeded: index >> 2), key.operation, key.high.x, key.high.y), key: key.key)
        repeat {
          line.append(Self.uniform(block[index & 3]))
          index += 1
        } while index < end && index & 3 != 0
      }
      return line
    }
  }
}
