/// The quality that an encoder of libjpeg's family was asked for, told from the quantisation table of luma.
enum JPEGQuality {
  /// The quality, 1 to 100, whose table this exactly is; nil for tables of other makers.
  ///
  /// - Parameter table: 64 numbers in zigzag order.
  static func of(_ table: [Int]) -> Int? {
    guard table.count == 64 else { return nil }
    // From the top: where clamping makes tables equal, the better quality made the same file.
    return (1...100).reversed().first { quality in
      let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
      return zip(luma, table).allSatisfy { base, found in
        min(max((base * scale + 50) / 100, 1), 255) == found
      }
    }
  }

  /// ITU-T T.81, table K.1, in zigzag order.
  private static let luma = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104,
    103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
  ]
}
