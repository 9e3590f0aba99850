public import Tessera

/// Pictures made up for tests, the same on every run.
public enum Pictures {
  /// Every byte random.
  public static func noise(_ size: Size, _ format: PixelFormat, seed: UInt64) -> Image {
    var random = RandomStream(seed: seed)
    return Image(size: size, format: format) { bytes in
      for i in bytes.indices { bytes[i] = UInt8(truncatingIfNeeded: random.next32() >> 13) }
    }
  }

  /// Smooth ramps with some noise: closer to a photograph than noise is.
  public static func ramps(_ size: Size, _ format: PixelFormat, seed: UInt64) -> Image {
    var random = RandomStream(seed: seed)
    let (w, h, c) = (size.width, size.height, format.channels * format.bytesPerChannel)
    return Image(size: size, format: format) { bytes in
      for y in 0..<h {
        for x in 0..<w {
          for k in 0..<c {
            let ramp = (x * (k + 1) * 200 / max(w, 1) + y * (3 - k % 3) * 90 / max(h, 1)) & 255
            bytes[(y * w + x) * c + k] = UInt8(truncatingIfNeeded: ramp + random.integer(in: -8...8))
          }
        }
      }
    }
  }

  /// How far two pictures of one shape are apart: the largest difference and the share of bytes that differ.
  public static func distance(_ a: Image, _ b: Image) -> (largest: Int, share: Double) {
    guard a.size == b.size, a.format == b.format else { return (Int.max, 1) }
    let (x, y) = (a.bytes, b.bytes)
    var (largest, different) = (0, 0)
    for i in x.indices where x[i] != y[i] {
      largest = max(largest, abs(Int(x[i]) - Int(y[i])))
      different += 1
    }
    return (largest, Double(different) / Double(max(x.count, 1)))
  }
}
