import Tessera

/// Pictures and files that are made by code, each when a benchmark first asks for it.
enum Inputs {
  static let small = picture(Size(width: 500, height: 375))
  static let large = picture(Size(width: 4000, height: 3000))
  static let square = picture(Size(224))

  static let smallJPEG = made { try JPEGEncoder(quality: 90).encode(small) }
  static let smallProgressive = made { try JPEGEncoder(quality: 90, progressive: true).encode(small) }
  static let smallPNG = made { try PNGEncoder().encode(small) }
  static let largeJPEG = made { try JPEGEncoder(quality: 90).encode(large) }
  /// The same with a restart marker after each row of blocks, as by `pack --seekable`.
  static let seekableJPEG = made {
    guard case .rewritten(let bytes) = try JPEGTranscoder(restartRows: 1).baseline(largeJPEG) else {
      fatalError("a sound JPEG was not rewritten")
    }
    return bytes
  }

  /// Smooth waves with some noise, which compress about as photographs do: the file of 500×375 has some 90 kB.
  static func picture(_ size: Size) -> Image {
    Image(size: size, format: .rgb) { bytes in
      var noise: UInt32 = 1
      var at = 0
      for y in 0..<size.height {
        for x in 0..<size.width {
          for channel in 0..<3 {
            noise = noise &* 1_664_525 &+ 1_013_904_223
            // Triangles of some 100 pixels, others in each channel, and 0...31 of noise.
            let wave = (x * (2 + channel) + y * (3 - channel)) & 511
            bytes[at] = UInt8(min(255, (wave < 256 ? wave : 511 - wave) * 7 / 8 + Int(noise >> 27)))
            at += 1
          }
        }
      }
    }
  }

  /// Inputs are right or the program ends: there is nobody to handle an error of a benchmark's own making.
  static func made<Value>(_ body: () throws -> Value) -> Value {
    do { return try body() } catch { fatalError("input of a benchmark: \(error)") }
  }
}
