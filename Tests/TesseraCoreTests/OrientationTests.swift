import TesseraCore
import Testing

@Suite struct OrientationTests {
  /// A picture whose pixels are all different.
  private func picture(_ format: PixelFormat, _ width: Int, _ height: Int) -> Image {
    let count = width * height * format.bytesPerPixel
    return Image(
      size: Size(width: width, height: height), format: format,
      bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 8) })
  }

  @Test("each pixel goes where its centre goes", arguments: PixelFormat.allCases)
  func movesPixels(format: PixelFormat) {
    let image = picture(format, 71, 35)
    for orientation in Orientation.allCases {
      let turned = image.oriented(exif: orientation.rawValue)
      #expect(turned.size == orientation.size(of: image.size))
      var wrong = 0
      for y in 0..<35 {
        for x in 0..<71 {
          let to = orientation.move(Point(x: Double(x) + 0.5, y: Double(y) + 0.5), in: image.size)
          for c in 0..<format.channels where turned[Int(to.x), Int(to.y), c] != image[x, y, c] { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(orientation)")
    }
  }

  @Test("the letter's corners stand as EXIF says")
  func corners() {
    // 1 2
    // 3 4
    let image = Image(size: Size(2), format: .gray, bytes: [1, 2, 3, 4])
    let expected: [[UInt8]] = [
      [1, 2, 3, 4], [2, 1, 4, 3], [4, 3, 2, 1], [3, 4, 1, 2], [1, 3, 2, 4], [3, 1, 4, 2], [4, 2, 3, 1],
      [2, 4, 1, 3],
    ]
    for number in 1...8 { #expect(image.oriented(exif: number).bytes == expected[number - 1]) }
    #expect(image.oriented(exif: 0) == image)
    #expect(image.oriented(exif: 9) == image)
  }
}
